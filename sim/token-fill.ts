/**
 * How full a limit in tokens is, as the judges know it: what each call holds of it by the promise, and for how long.
 *
 * An estimate is held until the answer has ended and one window more; then, where the server counts used tokens, only what
 * was used. Of an answer whose end nobody knows the estimate is held until one window after the longest that it may take.
 */
import { answerBoundMs, windowMs } from './quota.ts'
import type { TokenPlan } from './scenario/types.ts'
import type { AttemptRecord, RunRecord } from './world/record.ts'

/** Tokens of a limit that a call holds for a while. */
export interface Hold {
  fromMs: number
  toMs: number
  tokens: number
}

/** On time average between two instants, 1 being full. */
export function meanTokenFill(
  { attempts }: RunRecord,
  plan: TokenPlan,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): number {
  let tokenMs = 0
  for (const attempt of attempts) {
    if (attempt.sentAtMs >= toMs) break
    for (const hold of holdsOf(attempt, plan)) {
      const heldMs = Math.min(toMs, hold.toMs) - Math.max(fromMs, hold.fromMs)
      if (heldMs > 0) tokenMs += heldMs * hold.tokens
    }
  }
  return tokenMs / (toMs - fromMs) / plan.tokensMax
}

/** How much of a limit may stay free while calls wait: what the next one is too large for, and what spacing costs. */
export function tokenFillMin(record: RunRecord, { tokensMax }: TokenPlan): number {
  const costs = record.calls.map(({ tokens }) => tokens).filter((tokens) => tokens > 0)
  const costMax = costs.reduce((largest, tokens) => Math.max(largest, tokens), 0)
  const meanCost = costs.reduce((sum, tokens) => sum + tokens, 0) / Math.max(1, costs.length)
  return 0.99 - 0.35 / Math.sqrt(tokensMax / meanCost) - costMax / tokensMax
}

/** What an attempt holds, one after the other. */
export function holdsOf(attempt: AttemptRecord, { accounting }: TokenPlan): Hold[] {
  const { sentAtMs: fromMs, headersAtMs, endedAtMs, status = 0, whole, tokensUsed } = attempt
  const { tokens } = attempt.call
  const isUsed = accounting === 'used'
  if (headersAtMs !== undefined && isUnserved(status)) {
    return [{ fromMs, toMs: headersAtMs + (isUsed ? 0 : windowMs), tokens }]
  }
  if (endedAtMs === undefined || tokensUsed === undefined || !whole) {
    return [{ fromMs, toMs: fromMs + answerBoundMs + windowMs, tokens }]
  }
  const counted = isUsed ? tokensUsed : Math.max(tokens, tokensUsed)
  return [
    { fromMs, toMs: endedAtMs, tokens },
    { fromMs: endedAtMs, toMs: endedAtMs + windowMs, tokens: counted },
  ]
}

/** A refusal that shows that no tokens were used. */
function isUnserved(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408
}
