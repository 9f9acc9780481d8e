/**
 * `together-rate-limits/retry`: retries that wait as the server says and never multiply an outage.
 *
 * Knows limiters by structure only; imports none.
 */
export { togetherRetry, togetherRetry as retry } from './retry.ts'
export { retryDefaults } from './settings.ts'
export type { AttemptContext, RetryAcquireRequest, RetryLimiter, RetryOptions } from './types.ts'
/** For `src/fetch`, which runs the same loop and hands answers over whole. @internal */
export { retryCall } from './retry.ts'
/** @internal */
export { resolveSettings } from './settings.ts'
/** @internal */
export { startsJob } from './classify.ts'
/** @internal */
export { cutShort, reasonFor } from './running-attempt.ts'
/** @internal */
export type { AnswerWay, HeldAnswer, RunningAttempt } from './running-attempt.ts'
/** @internal */
export type { RetrySettings } from './settings.ts'
/** @internal */
export type { BodyReading } from './body.ts'
export { createRetryBudget, RetryBudget, retryBudgetDefaults } from './budget.ts'
export type { RetryBudgetOptions } from './budget.ts'
