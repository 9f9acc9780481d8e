import { describe, expect, it } from 'vitest'
import { observeLimiter } from '../../../../sim/subjects/observe.ts'
import type { SubjectLimiter, SubjectPermit } from '../../../../sim/subjects/types.ts'
import type { AcquireRecord, CallRecord } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

interface Bench {
  limiter: SubjectLimiter
  acquires: readonly AcquireRecord[]
  setNow: (nowMs: number) => void
}

/** Puts a limiter under observation, at time 0. */
function observe(
  limiter: SubjectLimiter,
  options: { call?: CallRecord; discardsPermits?: boolean } = {},
): Bench {
  const record = new RunBuilder().build()
  let now = 0
  const observed = observeLimiter(limiter, {
    record,
    now: () => now,
    startingCall: () => options.call,
    discardsPermits: options.discardsPermits ?? false,
  })
  const setNow = (nowMs: number): void => {
    now = nowMs
  }
  return { limiter: observed, acquires: record.acquires, setNow }
}

/** A limiter that always gives the same. */
function giving(permit: unknown): SubjectLimiter {
  return { acquire: async () => permit }
}

/** Acquires and takes what came for a permit. */
async function acquirePermit(limiter: SubjectLimiter): Promise<SubjectPermit> {
  return (await limiter.acquire()) as SubjectPermit
}

class PrivateLimiter {
  #granted = 0
  label = 'private'

  async acquire(): Promise<PrivatePermit> {
    this.#granted += 1
    return new PrivatePermit()
  }

  get granted(): number {
    return this.#granted
  }

  addGrants(count: number): number {
    this.#granted += count
    return this.#granted
  }
}

class PrivatePermit {
  #released = 0

  release(): void {
    this.#released += 1
  }

  count(): number {
    return this.#released
  }
}

describe('an observed limiter', () => {
  it('notes when a grant was asked for and given, and for which call', async () => {
    const call = new RunBuilder().call()
    const parts = deferred()
    const bench = observe({ acquire: () => parts.promise }, { call })
    const acquired = bench.limiter.acquire({ endpoint: 'images', model: 'm', priority: 5 })
    expect(bench.acquires[0]).toMatchObject({ calledAtMs: 0, grantedAtMs: undefined, call })
    bench.setNow(40)
    parts.resolve()
    await acquired
    expect(bench.acquires).toMatchObject([
      { lane: 'images m 5', endpoint: 'images', grantedAtMs: 40, hasRelease: false },
    ])
  })

  it('notes a refusal, thrown at once or later, and passes it on', async () => {
    const error = new Error('full')
    const thrower = observe({
      acquire: () => {
        throw error
      },
    })
    const rejecter = observe({ acquire: () => Promise.reject(error) })
    for (const { limiter, acquires } of [thrower, rejecter]) {
      await expect(limiter.acquire()).rejects.toBe(error)
      expect(acquires).toMatchObject([{ grantedAtMs: undefined, failedAtMs: 0 }])
    }
  })

  it('takes any arguments for a chat request of priority 0, and passes them on as they are', async () => {
    const seen: unknown[][] = []
    const { limiter, acquires } = observe({
      acquire: async (...given: unknown[]) => seen.push(given),
    })
    // oxlint-disable-next-line typescript/unbound-method -- it needs no `this`, which is tested elsewhere
    const { acquire }: { acquire: (...given: unknown[]) => Promise<unknown> } = limiter
    for (const given of [[], [null], [3, 'high'], [{ weight: 2 }, 1]]) await acquire(...given)
    expect(seen).toEqual([[], [null], [3, 'high'], [{ weight: 2 }, 1]])
    expect(new Set(acquires.map(({ lane }) => lane))).toEqual(new Set(['chat  0']))
  })

  it('stands in for one that is frozen', async () => {
    const { limiter, acquires } = observe(Object.freeze(giving(Object.freeze({ release() {} }))))
    const permit = await acquirePermit(limiter)
    permit.release?.()
    expect(acquires).toMatchObject([{ hasRelease: true, released: true }])
  })

  it('stands in for one with private fields, accessors and a class', async () => {
    const original = new PrivateLimiter()
    const limiter = observe(original).limiter as PrivateLimiter
    await limiter.acquire()
    expect(limiter.granted).toBe(1)
    expect(limiter.addGrants(2)).toBe(3)
    expect(original.granted).toBe(3)
    expect(limiter).toBeInstanceOf(PrivateLimiter)
    limiter.label = 'changed'
    expect(original.label).toBe('changed')
  })

  it('is one object with the same methods every time, for maps that are keyed by it', () => {
    const { limiter } = observe(new PrivateLimiter())
    const budgets = new WeakMap([[limiter, 10]])
    expect(budgets.get(limiter)).toBe(10)
    expect(Reflect.get(limiter, 'acquire')).toBe(Reflect.get(limiter, 'acquire'))
    expect(Reflect.get(limiter, 'addGrants')).toBe(Reflect.get(limiter, 'addGrants'))
  })

  it('gives the newest of a function that is replaced', () => {
    const limiter = observe(giving(undefined)).limiter as SubjectLimiter & { hook?: () => number }
    limiter.hook = () => 1
    expect(limiter.hook()).toBe(1)
    limiter.hook = () => 2
    expect(limiter.hook()).toBe(2)
  })

  it('can be looked through and spread', async () => {
    const { limiter, acquires } = observe({ ...giving('yes'), label: 'plain' } as SubjectLimiter)
    expect(Object.keys(limiter)).toEqual(['acquire', 'label'])
    expect(['acquire' in limiter, 'none' in limiter]).toEqual([true, false])
    expect([Object.hasOwn(limiter, 'label'), Object.hasOwn(limiter, 'none')]).toEqual([true, false])
    const spread = { ...limiter }
    expect(await spread.acquire()).toBe('yes')
    expect(acquires).toHaveLength(1)
  })
})

describe('an observed permit', () => {
  it.each(['settle', 'release', 'abandon'] as const)(
    'notes %s(), and passes it on',
    async (name) => {
      const seen: unknown[][] = []
      const permit = { [name]: (...given: unknown[]) => seen.push(given) }
      const { limiter, acquires } = observe(giving(permit))
      const observed = (await limiter.acquire()) as Record<string, (...given: unknown[]) => unknown>
      expect(acquires[0]).toMatchObject({ hasRelease: name === 'release', released: false })
      expect(observed[name]?.({ status: 429 }, 7)).toBe(1)
      expect(seen).toEqual([[{ status: 429 }, 7]])
      expect(acquires[0]?.released).toBe(true)
    },
  )

  it('has only the methods that the original has', async () => {
    const permit = await acquirePermit(observe(giving({ release() {} })).limiter)
    expect(['settle' in permit, 'release' in permit]).toEqual([false, true])
    expect(Reflect.get(permit, 'abandon')).toBeUndefined()
  })

  it('may have private fields, and a release() that is taken from it', async () => {
    const { limiter, acquires } = observe(new PrivateLimiter())
    const permit = (await limiter.acquire()) as PrivatePermit
    // oxlint-disable-next-line typescript/unbound-method -- what is tested is that it needs no `this`
    const { release, count } = permit
    release()
    expect([count(), acquires[0]?.released]).toEqual([1, true])
  })

  it('can be spread', async () => {
    const { limiter, acquires } = observe(giving({ release() {}, id: 7 }))
    const permit = { ...(await acquirePermit(limiter)) }
    permit.release?.()
    expect(permit).toMatchObject({ id: 7 })
    expect(acquires[0]?.released).toBe(true)
  })

  it.each([undefined, null, 5, 'token'])('is left as it is where it is none: %s', async (value) => {
    const { limiter, acquires } = observe(giving(value))
    expect(await limiter.acquire()).toBe(value)
    expect(acquires[0]).toMatchObject({ grantedAtMs: 0, hasRelease: false })
  })

  it('is kept from code that throws permits away', async () => {
    const { limiter, acquires } = observe(giving({ release() {} }), { discardsPermits: true })
    expect(await limiter.acquire()).toBeUndefined()
    expect(acquires[0]).toMatchObject({ grantedAtMs: 0, hasRelease: false })
  })
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let settle: (() => void) | undefined
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: () => settle?.() }
}
