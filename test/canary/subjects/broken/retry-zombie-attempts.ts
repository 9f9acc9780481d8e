/**
 * Defect: the overall deadline is a `Promise.race` around the loop. When the time is up the caller gets its rejection,
 * while the loop behind it goes on waiting, sending and charging.
 * Expected: attempts-are-bounded, nothing-left-behind or every-call-settles-once.
 */
export const expectedInvariants: readonly string[] = [
  'attempts-are-bounded',
  'nothing-left-behind',
  'every-call-settles-once',
]

interface Limiter {
  acquire(): Promise<{ release?(): void } | undefined>
}

const deadlineMs = 10_000
const budgetOf = new WeakMap<Limiter, { tokens: number }>()

export function retry<T>(
  limiter: Limiter,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  const loop = attemptAll<T>(limiter, fn, maxRetries)
  return Promise.race([loop, deadline]).finally(() => clearTimeout(timer))
}

async function attemptAll<T>(
  limiter: Limiter,
  fn: () => Promise<Response>,
  maxRetries: number,
): Promise<T> {
  const budget = budgetOf.get(limiter) ?? { tokens: 10 }
  budgetOf.set(limiter, budget)
  for (let attempt = 0; ; attempt += 1) {
    const permit = await limiter.acquire()
    let status = 0
    let namedMs = 0
    try {
      const response = await fn().finally(() => permit?.release?.())
      const reading = response.text()
      if (response.ok) {
        const body: T = JSON.parse(await reading)
        budget.tokens = Math.min(40, budget.tokens + (attempt === 0 ? 0.2 : 1))
        return body
      }
      await reading.catch(() => '')
      status = response.status
      namedMs = readHint(response.headers.get('retry-after'))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
    const canRetry = status === 0 || status === 408 || status === 429 || status >= 500
    if (!canRetry || attempt >= maxRetries) throw new Error(`failed with status ${status}`)
    if (status !== 429 && (budget.tokens -= 1) < 0) {
      budget.tokens += 1
      throw new Error('retry budget spent')
    }
    const backoffMs = Math.random() * Math.min(16_000, 1000 * (1 << attempt))
    if (namedMs > 600_000) throw new Error(`the server asks for a pause of ${namedMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(namedMs + backoffMs)))
  }
}

function readHint(hint: string | null): number {
  const seconds = Number(hint ?? '0')
  const ms = Number.isNaN(seconds) ? Date.parse(hint ?? '') - Date.now() : seconds * 1000
  return ms > 0 ? ms : 0
}
