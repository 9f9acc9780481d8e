/**
 * What a subject's two halves are to each other, as the simulator's contract has it.
 *
 * The parts of this folder are careful and correct. A subject takes them for all that is not its point, so that a broken
 * one shows its defect and little else.
 */

/** What a limiter gives for a slot; many give nothing. @internal */
export interface Permit {
  release?(): void
}

/** Whatever hands out slots. @internal */
export interface Limiter {
  acquire(): Promise<Permit | undefined>
}

/** Sends the request once. @internal */
export type Fetch = () => Promise<Response>

/** Calls until it succeeds or a retry cannot help; `maxRetries` attempts follow the first. @internal */
export type Retry<L extends Limiter = Limiter> = <T>(
  limiter: L,
  fn: Fetch,
  maxRetries?: number,
) => Promise<T>

/** What a limiter is told: its limit, and how long a request may take to be counted by the server. @internal */
export interface LimiterOptions {
  maxPerMinute: number
  arrivalBoundMs: number
}
