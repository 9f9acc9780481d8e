/**
 * A retry alone, written around one verdict over each answer: full jitter, and a budget that a success refills.
 *
 * Why it is right. The verdict over an answer is one pure function; only 'again' leads to a further attempt, at most
 * `maxRetries` times. The delay is a floor named by the server plus full jitter, awaited against the monotonic clock, so
 * that a timer that fires early is set again. The budget belongs to the limiter (capacity 40, start 10, a retry 1, a
 * success after a retry +1, at the first try +0.2), so a run of failures is followed by at most 40 retries and the few that
 * successes still on their way refill. A slot is released once per attempt. All bodies are read, all promises awaited.
 */
import { isTransient } from '../../parts/answer.ts'
import { budgetOf } from '../../parts/budget.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'
import { hintMs, serverTimeMs } from '../../parts/hint.ts'
import { fullJitterMs, sleep } from '../../parts/wait.ts'

export const relevantChecks: readonly string[] = [
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'retry-budget-holds',
  'every-call-settles-once',
  'nothing-left-behind',
]

type Verdict =
  | { kind: 'done'; text: string }
  | { kind: 'failed'; error: Error }
  | { kind: 'again'; error: Error; floorMs: number; status: number }

const backoff = { firstMs: 1000, msMax: 30_000 }

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  const budget = budgetOf(limiter)
  for (let retries = 0; ; retries += 1) {
    const permit = await limiter.acquire()
    const verdict = await fn()
      .finally(() => permit?.release?.())
      .then(judge)
      .catch(judgeError)
    if (verdict.kind === 'failed') throw verdict.error
    if (verdict.kind === 'done') {
      budget.earn(retries)
      const body: T = JSON.parse(verdict.text)
      return body
    }
    if (retries >= maxRetries || !budget.tryPay(verdict.status)) throw verdict.error
    await waitUntil(performance.now() + verdict.floorMs + fullJitterMs(retries, backoff))
  }
}

async function judge(response: Response): Promise<Verdict> {
  if (response.ok) return { kind: 'done', text: await response.text() }
  const { status, headers } = response
  const detail = await response.text().catch(() => 'unreadable')
  const error = new Error(`status ${status}: ${detail.slice(0, 200)}`)
  const floorMs = hintMs(headers, serverTimeMs(headers))
  if (!isTransient(status) || floorMs > 900_000) return { kind: 'failed', error }
  return { kind: 'again', error, floorMs, status }
}

function judgeError(error: unknown): Verdict {
  if (error instanceof TypeError) return { kind: 'again', error, floorMs: 0, status: 0 }
  throw error
}

async function waitUntil(at: number): Promise<void> {
  for (;;) {
    const leftMs = at - performance.now()
    if (leftMs <= 0) return
    await sleep(leftMs)
  }
}
