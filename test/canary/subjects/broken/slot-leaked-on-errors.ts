/**
 * Defect: the slot is given back only after a response; where `fn` rejects, `release()` is skipped, and a slot of this
 * limiter that is not released is held for ever. Each network fault costs one slot of the window.
 * Expected: permits-are-conserved (or what a limiter with too few slots violates).
 */
export const expectedInvariants: readonly string[] = [
  'permits-are-conserved',
  'uses-the-quota',
  'throughput-recovers',
  'drains-after-faults',
  'every-call-settles-once',
]

interface Permit {
  release(): void
}

class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(max: number) {
    this.#free = max
  }

  async acquire(): Promise<Permit> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return { release: () => void setTimeout(() => this.#giveBack(), 60_012) }
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

export function createLimiter(options: { maxPerMinute: number }): Gate {
  return new Gate(options.maxPerMinute)
}

const tokensOf = new WeakMap<object, number>()

export async function retry<T>(
  limiter: { acquire(): Promise<Permit | undefined> },
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const permit = await limiter.acquire()
    let delayMs = Math.random() * Math.min(20_000, 500 * (1 << attempt))
    try {
      const response = await fn()
      permit?.release()
      const text = await response.text().catch(() => (response.ok ? undefined : ''))
      if (text === undefined) throw new TypeError('the body was cut off')
      if (response.ok) {
        const refund = attempt === 0 ? 0.2 : 1
        tokensOf.set(limiter, Math.min(40, (tokensOf.get(limiter) ?? 10) + refund))
        const body: T = JSON.parse(text)
        return body
      }
      const { status } = response
      if (status !== 408 && status !== 429 && status < 500) throw new Error(`status ${status}`)
      if (attempt >= maxRetries) throw new Error(`status ${status}, no attempts left`)
      if (status !== 429) spend(limiter)
      delayMs += hintMs(response.headers.get('retry-after'))
    } catch (error) {
      if (!(error instanceof TypeError) || attempt >= maxRetries) throw error
      spend(limiter)
    }
    if (delayMs > 600_000) throw new Error(`the server asks for a pause of ${delayMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(delayMs)))
  }
}

function spend(limiter: object): void {
  const tokens = tokensOf.get(limiter) ?? 10
  if (tokens < 1) throw new Error('the retry budget is spent')
  tokensOf.set(limiter, tokens - 1)
}

function hintMs(hint: string | null): number {
  if (hint === null) return 0
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const at = Date.parse(hint)
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now())
}
