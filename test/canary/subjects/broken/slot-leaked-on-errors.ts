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
    const answer = await read(permit, fn)
    const tokens = tokensOf.get(limiter) ?? 10
    if (answer.status >= 200 && answer.status < 300) {
      tokensOf.set(limiter, Math.min(40, tokens + (attempt === 0 ? 0.2 : 1)))
      const body: T = JSON.parse(answer.text)
      return body
    }
    const isFinal = attempt >= maxRetries || !isRetryable(answer.status)
    if (isFinal || answer.namedMs > 600_000) throw new Error(`gave up, status ${answer.status}`)
    if (answer.status !== 429) {
      if (tokens < 1) throw new Error('the retry budget is spent')
      tokensOf.set(limiter, tokens - 1)
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
  permit: Permit | undefined,
  fn: () => Promise<Response>,
): Promise<{ status: number; text: string; namedMs: number }> {
  try {
    const response = await fn()
    permit?.release()
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
