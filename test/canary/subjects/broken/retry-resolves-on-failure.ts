/**
 * Defect: where it gives up it resolves, with undefined, and writes a line to the log: the caller takes a failure for a
 * result.
 * Expected: every-call-settles-once.
 */
export const expectedInvariants: readonly string[] = ['every-call-settles-once']

type Fetch = () => Promise<Response>

interface Limiter {
  acquire(): Promise<{ release?(): void } | undefined>
}

class Budget {
  static readonly #ofLimiter = new WeakMap<Limiter, Budget>()
  #tokens = 10

  static of(limiter: Limiter): Budget {
    const budget = Budget.#ofLimiter.get(limiter) ?? new Budget()
    Budget.#ofLimiter.set(limiter, budget)
    return budget
  }

  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  earn(amount: number): void {
    this.#tokens = Math.min(40, this.#tokens + amount)
  }
}

class Call {
  readonly #limiter: Limiter
  readonly #fn: Fetch
  readonly #budget: Budget
  #retriesLeft: number
  #retries = 0

  constructor(limiter: Limiter, fn: Fetch, maxRetries: number) {
    this.#limiter = limiter
    this.#fn = fn
    this.#budget = Budget.of(limiter)
    this.#retriesLeft = maxRetries
  }

  async run(): Promise<unknown> {
    for (;;) {
      const permit = await this.#limiter.acquire()
      let waitMs: number
      try {
        const response = await this.#fn().finally(() => permit?.release?.())
        if (response.ok) return await this.#succeed(response)
        await response.text().catch(() => '')
        waitMs = this.#next(response)
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        this.#check(error, true)
        waitMs = this.#backoffMs()
      }
      if (waitMs > 600_000) throw new Error(`the server asks for a pause of ${waitMs} ms`)
      this.#retries += 1
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(waitMs)))
    }
  }

  async #succeed(response: Response): Promise<unknown> {
    const text = await response.text()
    this.#budget.earn(this.#retries === 0 ? 0.2 : 1)
    return JSON.parse(text)
  }

  /** The wait before the next attempt; throws where there is none. */
  #next(response: Response): number {
    const { status, headers } = response
    const error = new Error(`the server answered ${status}`)
    if (status !== 408 && status !== 429 && status < 500) throw error
    this.#check(error, status !== 429)
    const hint = headers.get('retry-after') ?? ''
    const atMs = Date.parse(hint) - Date.now()
    const floorMs = /^\d+$/.test(hint) ? Number(hint) * 1000 : atMs
    return (floorMs > 0 ? floorMs : 0) + this.#backoffMs()
  }

  #check(error: Error, costs: boolean): void {
    if (this.#retriesLeft < 1) throw new Error('no retries left', { cause: error })
    if (costs && !this.#budget.spend()) throw new Error('no budget left', { cause: error })
    this.#retriesLeft -= 1
  }

  #backoffMs(): number {
    return Math.random() * Math.min(30_000, 400 * (1 << this.#retries))
  }
}

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  const result = await new Call(limiter, fn, maxRetries).run().catch((error: unknown) => {
    console.error('request failed', error instanceof Error ? error.message : error)
    return undefined
  })
  return result as T // oxlint-disable-line typescript/no-unsafe-type-assertion -- JSON has no type
}
