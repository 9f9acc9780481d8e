/**
 * A request on its way into a batch: the line of the file, and what is known of it.
 */
import type { RunRequest } from '../requests/options.ts'
import { findProblem, modelOf } from '../requests/send-request.ts'
import type { BatchSettings } from './options.ts'

/** One request of a batch. @internal */
export interface BatchEntry {
  /** Its place in the source. */
  readonly index: number
  readonly customId: string
  /** With the line feed at its end. */
  readonly line: string
  readonly bytes: number
  readonly model: string | undefined
  /** Batches that ended without an answer to it. */
  attempts: number
}

const customIdLengthMax = 64
const encoder = new TextEncoder()

/** @returns What is wrong with the request where it cannot be part of a batch. @internal */
export function toEntry(
  request: RunRequest,
  index: number,
  { endpoint, limits }: Pick<BatchSettings, 'endpoint' | 'limits'>,
): BatchEntry | string {
  const problem = findProblem(request)
  if (problem !== undefined) return problem
  const { customId, path, body } = request
  if (customId === '' || customId.length > customIdLengthMax) {
    return `expected a customId of 1 to ${customIdLengthMax} characters: it is the custom_id of a batch`
  }
  if (path !== undefined && path !== endpoint && `/v1${path}` !== endpoint) {
    return `the requests of a batch run go to its endpoint, ${endpoint}: leave \`path\` out`
  }
  const line = `${JSON.stringify({ custom_id: customId, body })}\n`
  const bytes = encoder.encode(line).length
  if (bytes > limits.bytesMax) {
    return `the request has ${bytes} bytes, a batch at most ${limits.bytesMax}: make it smaller`
  }
  return { index, customId, line, bytes, model: modelOf(body), attempts: 0 }
}

/** Requests that go into one batch. @internal */
export class Load {
  readonly entries: BatchEntry[] = []
  /** How often these requests together were a batch that failed as a whole. */
  readonly failures: number
  #bytes = 0

  constructor(entries: readonly BatchEntry[] = [], failures = 0) {
    this.failures = failures
    for (const entry of entries) this.add(entry)
  }

  add(entry: BatchEntry): void {
    this.entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** Whether its file is not too large with this one. */
  fits(entry: BatchEntry, { bytesMax }: BatchSettings['limits']): boolean {
    return this.#bytes + entry.bytes <= bytesMax
  }
}
