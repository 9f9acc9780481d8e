/**
 * Defect: whatever is not a success is sent again, also a 400 or a 401, which will never be cured.
 * Expected: only-retryable-is-retried.
 */
export const expectedInvariants: readonly string[] = ['only-retryable-is-retried']

interface Limiter {
  acquire(): Promise<{ release?(): void } | undefined>
}

interface Answer {
  status: number // 0: none came
  text: string
  hint: string | null
}

const budgets = new WeakMap<Limiter, { left: number }>()

export async function retry<T>(
  limiter: Limiter,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  const budget = budgets.get(limiter) ?? { left: 10 }
  budgets.set(limiter, budget)
  for (let attempt = 0; ; attempt += 1) {
    const answer = await send(limiter, fn)
    if (answer.status >= 200 && answer.status < 300) {
      budget.left = Math.min(40, budget.left + (attempt === 0 ? 0.2 : 1))
      const body: T = JSON.parse(answer.text)
      return body
    }
    if (!isRetryable(answer.status) || attempt >= maxRetries) {
      throw new Error(`gave up after ${attempt + 1} attempts, status ${answer.status}`)
    }
    if (answer.status !== 429) {
      if (budget.left < 1) throw new Error('the retry budget is spent')
      budget.left -= 1
    }
    const waitMs = delayMs(answer, attempt)
    if (waitMs > 600_000) throw new Error(`the server asks for a pause of ${waitMs} ms`)
    await sleep(waitMs)
  }
}

async function send(limiter: Limiter, fn: () => Promise<Response>): Promise<Answer> {
  const permit = await limiter.acquire()
  try {
    const response = await fn().finally(() => permit?.release?.())
    const text = await response.text().catch((error: unknown) => {
      if (response.ok) throw error
      return ''
    })
    return { status: response.status, text, hint: response.headers.get('retry-after') }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { status: 0, text: '', hint: null }
  }
}

function isRetryable(status: number): boolean {
  return status < 200 || status >= 300
}

function delayMs(answer: Answer, attempt: number): number {
  const backoffMs = Math.random() * Math.min(20_000, 500 * (1 << attempt))
  return hintMs(answer.hint) + backoffMs
}

function hintMs(hint: string | null): number {
  if (hint === null) return 0
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const at = Date.parse(hint)
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now())
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(ms))
  })
}
