/**
 * A retry alone, written around one verdict over each answer: full jitter, and a budget that a success refills.
 *
 * Why it is right. The verdict over an answer is one pure function; only 'again' leads to a further attempt, at most
 * `maxRetries` times. The delay is a floor named by the server plus full jitter, awaited against the monotonic clock, so
 * that a timer that fires early is set again. The budget belongs to the limiter (capacity 40, start 10, a retry 1, a
 * success after a retry +1, at the first try +0.2), so a run of failures is followed by at most 40 retries and the few that
 * successes still on their way refill. A slot is released once per attempt. All bodies are read, all promises awaited.
 */
export const relevantChecks: readonly string[] = [
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'retry-budget-holds',
  'every-call-settles-once',
  'nothing-left-behind',
]

interface Limiter {
  acquire(): Promise<{ release?(): void } | undefined>
}

type Verdict =
  | { kind: 'done'; text: string }
  | { kind: 'failed'; error: Error }
  | { kind: 'again'; error: Error; floorMs: number; isFree: boolean }

const budgets = new WeakMap<Limiter, { tokens: number }>()

export async function retry<T>(
  limiter: Limiter,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  const budget = budgets.get(limiter) ?? { tokens: 10 }
  budgets.set(limiter, budget)
  let retries = 0
  for (;;) {
    const permit = await limiter.acquire()
    const verdict = await fn()
      .finally(() => permit?.release?.())
      .then(judge)
      .catch(judgeError)
    if (verdict.kind === 'failed') throw verdict.error
    if (verdict.kind === 'done') {
      budget.tokens = Math.min(40, budget.tokens + (retries === 0 ? 0.2 : 1))
      const body: T = JSON.parse(verdict.text)
      return body
    }
    const price = verdict.isFree ? 0 : 1
    if (retries >= maxRetries || budget.tokens < price) throw verdict.error
    budget.tokens -= price
    const capMs = Math.min(30_000, 1000 * (1 << Math.min(retries, 10)))
    await waitUntil(performance.now() + verdict.floorMs + Math.random() * capMs)
    retries += 1
  }
}

async function judge(response: Response): Promise<Verdict> {
  if (response.ok) return { kind: 'done', text: await response.text() }
  const { status } = response
  const detail = await response.text().catch(() => 'unreadable')
  const error = new Error(`status ${status}: ${detail.slice(0, 200)}`)
  const floorMs = hintMs(response.headers)
  const isTransient = status === 408 || status === 429 || (status >= 500 && status < 600)
  if (!isTransient || floorMs > 900_000) return { kind: 'failed', error }
  return { kind: 'again', error, floorMs, isFree: status === 429 }
}

function judgeError(error: unknown): Verdict {
  if (error instanceof TypeError) return { kind: 'again', error, floorMs: 0, isFree: false }
  throw error
}

/** Seconds, or a date against the server's own clock where it shows it. */
function hintMs(headers: Headers): number {
  const value = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const serverNow = Date.parse(headers.get('date') ?? '')
  const delayMs = Date.parse(value) - (Number.isNaN(serverNow) ? Date.now() : serverNow)
  return delayMs > 0 ? delayMs : 0
}

async function waitUntil(at: number): Promise<void> {
  for (;;) {
    const leftMs = at - performance.now()
    if (leftMs <= 0) return
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(leftMs)))
  }
}
