/**
 * Settles the tokens of an answer that the caller reads, from what its body says, once it has been read to its end.
 *
 * What does not end, or does not say it, is left alone: its estimate stays reserved for as long as the limiter keeps what
 * nobody settles. A guess could be too low.
 */
import { tokensOfAnswer } from '../core/usage.ts'
import type { RunningAttempt } from '../retry/index.ts'
import { UsageScanner } from './usage-scanner.ts'

const eventStream = /^\s*text\/event-stream\b/i

/** @internal */
export class TokenMeter {
  readonly #permit: RunningAttempt['permit']
  /** Such a stream is complete when it says so: one that was cut may end as quietly, with a running sum in it. */
  readonly #isEventStream: boolean
  readonly #scanner = new UsageScanner()
  #isReadable = true
  #isOver = false

  constructor(permit: RunningAttempt['permit'], response: Response) {
    this.#permit = permit
    const contentType = response.headers.get('content-type')
    this.#isEventStream = contentType !== null && eventStream.test(contentType)
  }

  /** A chunk is about to be passed on. */
  see(chunk: unknown): void {
    if (chunk instanceof Uint8Array) this.#scanner.push(chunk)
    else this.#isReadable = false
  }

  /** The body has ended. Only the first ending counts: a reading that a cancellation ends looks like a whole one. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.#isEventStream || this.#scanner.endsWithDone) this.#settle(this.#scanner.tokens)
  }

  /** The caller wants no more of it. Clients may stop at the mark that ends a stream, and have all of it then. */
  cancel(): void {
    if (this.#isEventStream) this.end()
    this.#isOver = true
  }

  /** The body was read whole, and this came of it. */
  async readWhole(value: unknown): Promise<void> {
    if (typeof value === 'string') this.see(new TextEncoder().encode(value))
    else if (value instanceof ArrayBuffer) this.see(new Uint8Array(value))
    else if (value instanceof Blob) this.see(new Uint8Array(await value.arrayBuffer()))
    else if (value instanceof Uint8Array) this.see(value)
    else return this.#settle(tokensOfAnswer(value))
    this.end()
  }

  #settle(used: number | undefined): void {
    if (used !== undefined && this.#isReadable) this.#permit.settleTokens(used)
  }
}

/** @returns Undefined where the attempt reserved no tokens: then nothing is looked at. @internal */
export function meterFor(running: RunningAttempt, response: Response): TokenMeter | undefined {
  if (running.call.settings.tokens === undefined) return undefined
  return new TokenMeter(running.permit, response)
}
