/**
 * A small world for tests of the retry: a virtual clock, limiters that write down what they are told, and answers that
 * can be scripted one a request.
 */
import type { Random } from '../../src/core/random.ts'
import { togetherRetry } from '../../src/retry/index.ts'
import type { AttemptContext, RetryAcquireRequest, RetryOptions } from '../../src/retry/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What a scripted request does: answers, or fails, or is decided when it is sent. @internal */
export type Step = Response | Error | ((context: AttemptContext) => Promise<Response> | Response)

/** A limiter that grants at once and keeps a log. @internal */
export class LoggingLimiter {
  readonly log: string[] = []
  readonly requests: (RetryAcquireRequest | undefined)[] = []
  readonly clock: VirtualClock
  arrivalBoundMs = 5_000
  grants = 0

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  async acquire(request?: RetryAcquireRequest): Promise<unknown> {
    this.requests.push(request)
    await this.hold()
    this.grants += 1
    const id = this.grants
    this.write(`grant ${id}`)
    return this.makePermit(id)
  }

  /** Overridden for a limiter that makes callers wait. */
  async hold(): Promise<void> {}

  /** Overridden for limiters with other permits. */
  makePermit(id: number): unknown {
    return {
      settle: () => this.write(`settle ${id}`),
      release: () => this.write(`release ${id}`),
      abandon: () => this.write(`abandon ${id}`),
    }
  }

  write(line: string): void {
    this.log.push(`${this.clock.now()} ${line}`)
  }
}

/** A limiter that holds everybody until its pause is over. @internal */
export class PausingLimiter extends LoggingLimiter {
  pausedUntilMs = 0
  readonly pauses: { endpoint?: string; model?: string; delayMs: number }[] = []

  override async hold(): Promise<void> {
    const waitMs = this.pausedUntilMs - this.clock.now()
    if (waitMs > 0) await new Promise<void>((resolve) => this.clock.setTimer(resolve, waitMs))
  }

  pause(request: { endpoint?: string; model?: string; delayMs: number }): void {
    this.write('pause')
    this.pauses.push(request)
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.clock.now() + request.delayMs)
  }
}

/** A stream of the given numbers, the last one for ever. @internal */
export function fixedRandom(...units: number[]): Random {
  let index = 0
  return {
    next: () => {
      const unit = units[Math.min(index, units.length - 1)] ?? 0
      index += 1
      return unit
    },
  }
}

/** A JSON answer. @internal */
export function answer(
  status: number,
  body: unknown = { status },
  headers: Record<string, string> = {},
): Response {
  const hasBody = status !== 204
  return new Response(hasBody ? JSON.stringify(body) : null, { status, headers })
}

/** What fetch rejects with when the network fails. @internal */
export function networkError(code = 'ECONNRESET'): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
}

/** One call, its requests' instants, and how it ended. @internal */
export interface ScriptedCall {
  readonly sentAtMs: number[]
  readonly contexts: AttemptContext[]
  /** Undefined while the call runs. */
  ending: { value?: unknown; error?: unknown } | undefined
}

/** Starts a call whose requests follow the script; one request more than scripted fails the test loudly. @internal */
export function startCall(
  limiter: LoggingLimiter,
  script: Step[],
  options: RetryOptions = {},
): ScriptedCall {
  const { clock } = limiter
  const call: ScriptedCall = { sentAtMs: [], contexts: [], ending: undefined }
  const fn = async (context: AttemptContext): Promise<Response> => {
    call.sentAtMs.push(clock.now())
    call.contexts.push(context)
    const step = script[context.attempt - 1]
    if (step === undefined) throw new RangeError(`attempt ${context.attempt} is not in the script`)
    if (step instanceof Error) throw step
    return typeof step === 'function' ? step(context) : step
  }
  const record = (ending: { value?: unknown; error?: unknown }): void => {
    call.ending ??= ending
  }
  togetherRetry(limiter, fn, { random: fixedRandom(0.5), ...options }).then(
    (value) => record({ value }),
    (error: unknown) => record({ error }),
  )
  return call
}

/** A promise that never settles. @internal */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

/** A response whose body is under the test's control. @internal */
export function streamedAnswer(
  status: number,
  headers: Record<string, string> = {},
): {
  response: Response
  push: (text: string) => void
  fail: (error: Error) => void
  end: () => void
  cancelled: () => boolean
} {
  let isCancelled = false
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
    cancel: () => {
      isCancelled = true
    },
  })
  return {
    response: new Response(stream, { status, headers }),
    push: (text) => controller?.enqueue(new TextEncoder().encode(text)),
    fail: (error) => controller?.error(error),
    end: () => controller?.close(),
    cancelled: () => isCancelled,
  }
}

/** The light object that a simulator answers with: no stream, only methods. @internal */
export function lightAnswer(status: number, text: () => Promise<string>): Response {
  const headers = { get: () => null }
  const light: unknown = { status, ok: status === 200, headers, body: null, text }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has what a caller of fetch uses
  return light as Response
}
