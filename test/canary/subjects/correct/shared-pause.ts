/**
 * A limiter and a retry that belong together: a 429 pauses the limiter for all callers until the server's time.
 *
 * Why it is right. The limiter is a log of grants that holds each for W + bound + drift, so that L + 1 grants span at least
 * that and at most L requests are counted in any window of W (fixed, sliding or a bucket of L; 13 ms cover 100 ppm). A
 * pause only delays grants; it is never shortened by a later, shorter one; it ends by a re-checked timer. The call that was refused waits for
 * its own delay and some jitter, and then at the end of the line for a slot, so it is neither early nor unpaid for. The
 * date of a hint is read against the answer's own `Date`, both clocks being the server's, and against ours where that is
 * missing. The budget (capacity 40, start 10) is the limiter's, 429s are exempt, bodies are read, attempts are counted.
 */
export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'retry-budget-holds',
  'every-call-settles-once',
  'nothing-left-behind',
]

const hintMsMax = 600_000

class PausableLog {
  retryTokens = 10
  readonly #max: number
  readonly #holdMs: number
  readonly #grants: number[] = []
  readonly #queue: (() => void)[] = []
  #pausedUntil: number = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(max: number, holdMs: number) {
    this.#max = max
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#timer === undefined) this.#serve()
    })
  }

  pause(delayMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + delayMs)
  }

  #serve(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#queue.length > 0 && this.#waitMs(now) <= 0) {
      this.#grants.push(now)
      if (this.#grants.length > this.#max) this.#grants.shift()
      this.#queue.shift()?.()
    }
    if (this.#queue.length === 0) return
    this.#timer = setTimeout(() => this.#serve(), Math.ceil(this.#waitMs(now)))
  }

  #waitMs(now: number): number {
    const oldest = this.#grants.length < this.#max ? -Infinity : (this.#grants[0] ?? -Infinity)
    return Math.max(this.#pausedUntil, oldest + this.#holdMs) - now
  }
}

export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): PausableLog {
  return new PausableLog(options.maxPerMinute, 60_000 + options.arrivalBoundMs + 13)
}

export async function retry<T>(
  limiter: PausableLog,
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    await limiter.acquire()
    const answer = await read(fn)
    if (answer.status >= 200 && answer.status < 300) {
      limiter.retryTokens = Math.min(40, limiter.retryTokens + (attempt === 0 ? 0.2 : 1))
      const body: T = JSON.parse(answer.text)
      return body
    }
    const delayMs = answer.hintMs
    const mayRetry = isTransient(answer.status) && attempt < maxRetries && delayMs <= hintMsMax
    if (answer.status === 429) limiter.pause(Math.min(delayMs, hintMsMax))
    if (!mayRetry) throw new Error(`gave up at status ${answer.status}, attempt ${attempt + 1}`)
    if (answer.status !== 429) {
      if (limiter.retryTokens < 1) throw new Error('the retry budget is spent')
      limiter.retryTokens -= 1
    }
    const jitterMs = Math.random() * Math.min(20_000, 500 * (1 << attempt))
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(delayMs + jitterMs)))
  }
}

function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || (status >= 500 && status < 600)
}

/** Status 0 stands for a network fault, also while the body of a success was read. */
async function read(
  fn: () => Promise<Response>,
): Promise<{ status: number; text: string; hintMs: number }> {
  try {
    const response = await fn()
    const text = await response.text().catch((error: unknown) => {
      if (response.ok) throw error
      return ''
    })
    return { status: response.status, text, hintMs: parseHint(response.headers) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { status: 0, text: '', hintMs: 0 }
  }
}

function parseHint(headers: Headers): number {
  const hint = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const untilMs = Date.parse(hint)
  if (Number.isNaN(untilMs)) return 0
  const sentMs = Date.parse(headers.get('date') ?? '')
  return Math.max(0, untilMs - (Number.isNaN(sentMs) ? Date.now() : sentMs))
}
