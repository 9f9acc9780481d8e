import { describe, expect, it } from 'vitest'
import { RateHeaderWatch } from '../../../src/core/headers/rate-header-watch.ts'

class CountingHeaders {
  lookUps = 0
  readonly #values: Record<string, string>

  constructor(values: Record<string, string>) {
    this.#values = values
  }

  get(name: string): string | null {
    this.lookUps += 1
    return this.#values[name] ?? null
  }
}

const together = { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '599' }
const reading = { source: 'x-ratelimit-*', unit: 'requests', limit: 600, remaining: 599 }

describe('RateHeaderWatch', () => {
  it('reads what names a limit', () => {
    const watch = new RateHeaderWatch()
    expect(watch.read(new CountingHeaders(together), 0)).toEqual([reading])
    expect(watch.read(new CountingHeaders({ 'x-ratelimit-remaining': '1' }), 2_000)).toEqual([])
  })

  it('looks only for what was there, until a second has passed', () => {
    const watch = new RateHeaderWatch()
    const first = new CountingHeaders(together)
    watch.read(first, 0)
    const second = new CountingHeaders(together)
    expect(watch.read(second, 999)).toEqual([reading])
    expect(second.lookUps).toBe(2)
    const third = new CountingHeaders(together)
    watch.read(third, 1_000)
    expect(third.lookUps).toBe(first.lookUps)
  })

  it('looks for nothing where there was nothing', () => {
    const watch = new RateHeaderWatch()
    watch.read(new CountingHeaders({}), 0)
    const second = new CountingHeaders(together)
    expect(watch.read(second, 1)).toEqual([])
    expect(second.lookUps).toBe(0)
  })

  it('reads the fields of the drafts', () => {
    const watch = new RateHeaderWatch()
    const fields = { 'ratelimit-policy': '"d";q=9;w=60', ratelimit: '"d";r=3;t=5' }
    const expected = { limit: 9, remaining: 3, windowMs: 60_000 }
    expect(watch.read(new CountingHeaders(fields), 0)).toMatchObject([expected])
    expect(watch.read(new CountingHeaders(fields), 1)).toMatchObject([expected])
  })
})
