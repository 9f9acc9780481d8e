/**
 * `run`: a line with a request becomes a line with its answer, in the form of a batch's lines.
 */
import { iterateRequests, type RunOptions, type RunRequest } from '../../batch/index.ts'
import { InvariantError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../files/json-line.ts'
import type { InputItem } from '../input.ts'
import { failureLine, UnderWay, type ItemResult, type Workload } from './workload.ts'

/** @internal */
export interface RunWorkloadOptions {
  /** For requests that name none. */
  readonly model?: string | undefined
  readonly fallbackModels: readonly string[]
}

/** @internal */
export function runWorkload(options: RunWorkloadOptions): Workload {
  return {
    noun: 'requests',
    findFault: findFaultOfRequest,
    findFaultOfResult: (line) => (isJsonObject(line['response']) ? undefined : 'holds no answer'),
    start: (items, runOptions) => run(items, { ...options, runOptions }),
  }
}

/** What is wrong with a line that is to be sent. @internal */
export function findFaultOfRequest(line: JsonObject): string | undefined {
  const { body, url } = line
  if (!isJsonObject(body)) return 'has no body, an object'
  if (body['stream'] === true) return 'asks for a stream, which has no place in a file'
  if (url !== undefined && (typeof url !== 'string' || !url.startsWith('/'))) {
    return 'has a url that does not begin with a slash'
  }
  return undefined
}

async function* run(
  items: AsyncIterable<InputItem>,
  given: RunWorkloadOptions & { readonly runOptions: RunOptions },
): AsyncGenerator<ItemResult, void, undefined> {
  const { model, fallbackModels, runOptions } = given
  const underWay = new UnderWay()
  const requests = requestsOf(items, underWay, model)
  const outcomes = iterateRequests(requests, { ...runOptions, fallbackModels })
  for await (const { index, customId, response, failure } of outcomes) {
    const item = underWay.take(index)
    if (item === undefined) throw new InvariantError('a request has two results')
    const line =
      failure === undefined
        ? { custom_id: customId, response: { status_code: 200, body: response } }
        : failureLine(customId, failure)
    yield { ordinal: item.ordinal, line }
  }
}

async function* requestsOf(
  items: AsyncIterable<InputItem>,
  underWay: UnderWay,
  model: string | undefined,
): AsyncGenerator<RunRequest> {
  for await (const item of items) {
    underWay.add(item)
    yield toRequest(item, model)
  }
}

/** @param model - For a request that names none. @internal */
export function toRequest(
  { customId, line }: Pick<InputItem, 'customId' | 'line'>,
  model: string | undefined,
): RunRequest {
  const { body, url } = line
  const own = isJsonObject(body) ? body : {}
  return {
    customId,
    // Files for batches elsewhere name the whole path.
    path: typeof url === 'string' ? url.replace(/^\/v1(?=\/)/, '') : undefined,
    body: own['model'] === undefined && model !== undefined ? { ...own, model } : own,
  }
}
