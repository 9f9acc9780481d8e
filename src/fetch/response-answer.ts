/**
 * The way of the fetch: an answer is the response itself, its body unread.
 *
 * Only the beginning of a refusal is read that a retry may cure, because its body can rule that out; where it turns out
 * to be the last one, it is handed back with an equal body.
 */
import {
  cutShort,
  type AnswerWay,
  type BodyReading,
  type HeldAnswer,
  type RunningAttempt,
} from '../retry/index.ts'
import { likeResponse, markFinal } from './like-response.ts'
import { meterFor } from './token-meter.ts'
import { watchBody } from './watched-response.ts'

/** What a call that failed for good ends with. @public */
export type FinalFailure = 'respond' | 'throw'

/** @internal */
export function asResponse(finalFailure: FinalFailure): AnswerWay<Response> {
  return {
    senderName: 'fetch',
    // A redirect that the caller wants to see is an answer like any other.
    isResult: (status) => status < 400,
    takeResult: async (running, response) => {
      const { stopped } = running.call.scope
      if (stopped === undefined) {
        return {
          kind: 'succeeded',
          value: watchBody(running, response, meterFor(running, response)),
        }
      }
      const outcome = cutShort(running, stopped)
      cancelBody(response)
      return outcome
    },
    hold: (running, response, reading) => {
      return new HeldResponse(running, response, { reading, finalFailure })
    },
  }
}

class HeldResponse implements HeldAnswer<Response> {
  readonly #running: RunningAttempt
  readonly #response: Response
  readonly #reading: BodyReading | undefined
  readonly #finalFailure: FinalFailure

  constructor(
    running: RunningAttempt,
    response: Response,
    options: { reading: BodyReading | undefined; finalFailure: FinalFailure },
  ) {
    this.#running = running
    this.#response = response
    this.#reading = options.reading
    this.#finalFailure = options.finalFailure
  }

  drop(): void {
    if (this.#reading === undefined) cancelBody(this.#response)
    else if (!this.#reading.isComplete) this.#reading.cancel()
  }

  handBack(): Response | undefined {
    if (this.#finalFailure === 'throw' && isRetriedByClients(this.#response.status)) {
      return undefined
    }
    const reading = this.#reading
    if (reading?.isComplete === true) {
      return markFinal(likeResponse(joinBytes(reading.bytes), this.#response))
    }
    const { startedAtMs, call } = this.#running
    const endsAtMs = startedAtMs + call.settings.attemptTimeoutMs
    call.scope.startTimeout(Math.max(0, endsAtMs - call.settings.clock.now()))
    const whole =
      reading === undefined ? this.#response : likeResponse(restOf(reading), this.#response)
    return watchBody(this.#running, markFinal(whole))
  }
}

/** What was read, then what comes. */
function restOf(reading: BodyReading): ReadableStream<Uint8Array> {
  const { reader } = reading
  const first = [...reading.bytes]
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const value = first.shift() ?? (await reader?.read())?.value
        if (value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function joinBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** The statuses that clients send again by themselves, whatever we say. */
function isRetriedByClients(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

function cancelBody(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}
