/**
 * Defect: a promise made by hand, whose `reject` is forgotten for network faults: they are logged, and the call never
 * settles.
 * Expected: every-call-settles-once or drains-after-faults.
 */
export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

interface Limiter {
  acquire(): Promise<{ release?(): void } | undefined>
}

const budgets = new WeakMap<Limiter, { tokens: number }>()

export function retry<T>(
  limiter: Limiter,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  const budget = budgets.get(limiter) ?? { tokens: 10 }
  budgets.set(limiter, budget)

  return new Promise((resolve, reject) => {
    const again = (attempt: number, delayMs: number): void => {
      setTimeout(() => void run(attempt), Math.ceil(delayMs))
    }

    const onAnswer = async (response: Response, attempt: number): Promise<void> => {
      const { status } = response
      if (response.ok) {
        const body: T = JSON.parse(await response.text())
        budget.tokens = Math.min(40, budget.tokens + (attempt === 0 ? 0.2 : 1))
        return resolve(body)
      }
      await response.text().catch(() => '')
      const retryable = status === 408 || status === 429 || status >= 500
      if (!retryable || attempt >= maxRetries) return reject(new Error(`status ${status}`))
      if (namedMs(response) > 600_000) return reject(new Error('the server asks for a long pause'))
      if (status !== 429) {
        if (budget.tokens < 1) return reject(new Error('retry budget spent'))
        budget.tokens -= 1
      }
      const backoffMs = Math.random() * Math.min(20_000, 500 * (1 << attempt))
      return again(attempt + 1, namedMs(response) + backoffMs)
    }

    const run = async (attempt: number): Promise<void> => {
      try {
        const permit = await limiter.acquire()
        const response = await fn().finally(() => permit?.release?.())
        await onAnswer(response, attempt)
      } catch (error) {
        console.error('network error', error instanceof Error ? error.message : error)
      }
    }

    void run(0)
  })
}

function namedMs(response: Response): number {
  const hint = response.headers.get('retry-after') ?? ''
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const at = Date.parse(hint)
  return at > Date.now() ? at - Date.now() : 0
}
