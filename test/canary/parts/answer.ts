/**
 * One attempt, and what came of it: the slot is given back once, when the headers are here or the request failed, and
 * the body is read whatever the status.
 */
import type { Fetch, Limiter } from './contract.ts'

/** What came of one attempt. @internal */
export interface Answer {
  /** 0: the network failed, also while the body of a success was read. */
  readonly status: number
  /** Empty where the body of a failure could not be read. */
  readonly text: string
  readonly headers: Headers
}

/** Reads a body to its end. @internal */
export type ReadText = (response: Response) => Promise<string>

/** Waits for a slot and makes an attempt on it. @throws Whatever is not a network fault. @internal */
export async function send(limiter: Limiter, fn: Fetch, textOf?: ReadText): Promise<Answer> {
  const permit = await limiter.acquire()
  return readAnswer(() => fn().finally(() => permit?.release?.()), textOf)
}

/** Makes an attempt without a thought for slots. @throws Whatever is not a network fault. @internal */
export async function readAnswer(fn: Fetch, textOf: ReadText = readText): Promise<Answer> {
  try {
    const response = await fn()
    return { status: response.status, text: await textOf(response), headers: response.headers }
  } catch (error) {
    // As fetch has it: a network fault is a TypeError.
    if (!(error instanceof TypeError)) throw error
    return { status: 0, text: '', headers: new Headers() }
  }
}

/** What a failure says is for the log only: that it broke off is no fault of its own. @internal */
export function readText(response: Response): Promise<string> {
  return response.text().catch((error: unknown) => {
    if (response.ok) throw error
    return ''
  })
}

/** Whether the body is the result. @internal */
export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/** Whether the same request may succeed later: after a network fault (0), a timeout, a refusal, a failure of the server. @internal */
export function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

/** The error of a call that ends without a result, after `retries` retries. @internal */
export function giveUp({ status }: Answer, retries: number): Error {
  return new Error(`gave up after ${retries + 1} attempts, status ${status}`)
}
