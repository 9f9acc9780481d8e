/**
 * Defect: the rate is halved at every 429 and 5xx, to a tenth of the limit at the least, and nothing ever raises it again.
 * Expected: throughput-recovers (or another promise about speed).
 */
export const expectedInvariants: readonly string[] = [
  'throughput-recovers',
  'uses-the-quota',
  'drains-after-faults',
  'permits-are-conserved',
]

class AdaptivePacer {
  readonly #queue: (() => void)[] = []
  readonly #intervalMsMax: number
  #intervalMs: number
  #nextAt: number = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#intervalMsMax = intervalMs * 10
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#serve()
    })
  }

  slowDown(): void {
    this.#intervalMs = Math.min(this.#intervalMsMax, this.#intervalMs * 2)
  }

  #serve(): void {
    this.#timer = undefined
    while (this.#queue.length > 0) {
      const now = performance.now()
      if (now < this.#nextAt) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(this.#nextAt - now))
        return
      }
      this.#nextAt = Math.max(this.#nextAt, now - 1) + this.#intervalMs
      this.#queue.shift()?.()
    }
  }
}

export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): AdaptivePacer {
  return new AdaptivePacer((60_000 + options.arrivalBoundMs + 14) / options.maxPerMinute)
}

const budgets = new WeakMap<object, { tokens: number }>()

export async function retry<T>(
  limiter: AdaptivePacer,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  const budget = budgets.get(limiter) ?? { tokens: 10 }
  budgets.set(limiter, budget)
  for (let attempt = 0; ; attempt += 1) {
    await limiter.acquire()
    const answer = await read(fn)
    if (answer.status >= 200 && answer.status < 300) {
      budget.tokens = Math.min(40, budget.tokens + (attempt === 0 ? 0.2 : 1))
      const body: T = JSON.parse(answer.text)
      return body
    }
    if (answer.status === 429 || answer.status >= 500) limiter.slowDown()
    if (!isRetryable(answer.status) || attempt >= maxRetries || answer.namedMs > 600_000) {
      throw new Error(`gave up, last status ${answer.status}`)
    }
    if (answer.status !== 429) {
      if (budget.tokens < 1) throw new Error('the retry budget is spent')
      budget.tokens -= 1
    }
    const backoffMs = Math.random() * Math.min(20_000, 500 * (1 << attempt))
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(answer.namedMs + backoffMs)))
  }
}

function isRetryable(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

/** Status 0 stands for a network fault. */
async function read(
  fn: () => Promise<Response>,
): Promise<{ status: number; text: string; namedMs: number }> {
  try {
    const response = await fn()
    const text = await response.text().catch((error: unknown) => {
      if (response.ok) throw error
      return ''
    })
    const namedMs = parseHint(response.headers.get('retry-after') ?? '')
    return { status: response.status, text, namedMs }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { status: 0, text: '', namedMs: 0 }
  }
}

function parseHint(hint: string): number {
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const at = Date.parse(hint)
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now())
}
