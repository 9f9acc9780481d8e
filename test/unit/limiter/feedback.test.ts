import { describe, expect, it } from 'vitest'
import type { RateReading } from '../../../src/core/headers/rate-readings.ts'
import type { RateLimit } from '../../../src/core/profile.ts'
import { findQuotaMeant, slotsOfOthers, type ReadableQuota } from '../../../src/limiter/feedback.ts'
import { SlotsOfOthers } from '../../../src/limiter/slots-of-others.ts'

function quota(id: string, slotsMax: number, limit: Partial<RateLimit> = {}): ReadableQuota {
  const unit = limit.tokensMax === undefined ? 'requests' : 'tokens'
  return { slotsMax, unit, limit: { id, endpoints: ['chat'], windowMs: 60_000, ...limit } }
}

function meant(reading: Partial<RateReading>, ...quotas: ReadableQuota[]): string | undefined {
  const whole: RateReading = { source: 'x', unit: 'requests', ...reading }
  return findQuotaMeant(whole, quotas)?.limit.id
}

describe('findQuotaMeant', () => {
  const chat = quota('chat', 600)
  const tokens = quota('tokens', 600, { tokensMax: 600 })

  it('takes the limit of the same number and unit', () => {
    expect(meant({ limit: 600 }, chat, tokens)).toBe('chat')
    expect(meant({ limit: 600, unit: 'tokens' }, chat, tokens)).toBe('tokens')
    expect(meant({ limit: 600, windowMs: 60_000 }, chat)).toBe('chat')
  })

  it('ignores a number per second, and any other, where no window is named', () => {
    expect(meant({ limit: 10 }, chat)).toBeUndefined()
    expect(meant({ limit: 599 }, chat)).toBeUndefined()
    expect(meant({ remaining: 0 }, chat)).toBeUndefined()
  })

  it('ignores the same number of another window', () => {
    expect(meant({ limit: 600, windowMs: 1_000 }, chat)).toBeUndefined()
  })

  it('takes another number only where the window is named and a single limit has it', () => {
    const reading = { limit: 200, windowMs: 60_000 }
    expect(meant(reading, chat)).toBe('chat')
    expect(meant(reading, chat, quota('more', 900))).toBeUndefined()
    expect(meant(reading, chat, quota('hourly', 900, { windowMs: 3_600_000 }))).toBe('chat')
  })

  it('takes the shared one of two that have the same number, in either order', () => {
    const shared = quota('shared', 600, { endpoints: ['chat', 'embeddings'] })
    expect(meant({ limit: 600 }, chat, shared)).toBe('shared')
    expect(meant({ limit: 600 }, shared, chat)).toBe('shared')
  })

  it.each([
    ['windows', { windowMs: 1_000 }],
    ['endpoints', { endpoints: ['images' as const] }],
    ['scopes and endpoints', { scope: 'model' as const, endpoints: ['chat', 'images'] as const }],
    ['models and endpoints', { models: ['a'], endpoints: ['chat', 'images'] as const }],
  ])('takes none of two that have the same number and different %s', (_what, other) => {
    expect(meant({ limit: 600 }, chat, quota('other', 600, other))).toBeUndefined()
    expect(meant({ limit: 600 }, quota('other', 600, other), chat)).toBeUndefined()
  })
})

describe('slotsOfOthers', () => {
  it.each([
    ['all that was counted is ours', { limit: 600, remaining: 500 }, 100, 0],
    ['more is ours than was counted', { limit: 600, remaining: 500 }, 300, 0],
    ['others have a few', { limit: 600, remaining: 495 }, 100, 10],
    ['others have many: the margin is two hundredths', { limit: 600, remaining: 300 }, 100, 212],
    ['nothing is left, and the half that is ours is free', { limit: 600, remaining: 0 }, 0, 300],
    ['the limit is smaller, and all is ours', { limit: 400, remaining: 300 }, 100, 200],
    ['the limit is smaller, and others have some', { limit: 400, remaining: 200 }, 100, 300],
    ['the limit is absurdly small', { limit: 1, remaining: 0 }, 0, 300],
    ['the limit is larger, and enough remains', { limit: 1_000, remaining: 900 }, 0, 0],
    ['the limit is larger, and little remains', { limit: 1_000, remaining: 400 }, 100, 112],
    ['there are fractions', { limit: 600.5, remaining: 299.9 }, 100, 213],
    ['only the limit is named', { limit: 400 }, 100, 200],
  ])('is right where %s', (_what, reading, ownMax, expected) => {
    expect(slotsOfOthers(reading, { slotsMax: 600, ownMax })).toBe(expected)
  })

  it.each([
    [undefined, 0],
    [0, 0],
    [-1, -1],
    [600, -1],
    [600, 601],
    [600, Number.NaN],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
  ])('takes a limit of %s and a rest of %s for nonsense', (limit, remaining) => {
    const reading = limit === undefined ? { remaining } : { limit, remaining }
    expect(slotsOfOthers(reading, { slotsMax: 600, ownMax: 0 })).toBe(0)
  })

  it('leaves the only slot of a limit of one', () => {
    expect(slotsOfOthers({ limit: 1, remaining: 0 }, { slotsMax: 1, ownMax: 0 })).toBe(0)
  })
})

describe('SlotsOfOthers', () => {
  it('counts the highest of what was noted within a hold, and at most a sixteenth longer', () => {
    const slots = new SlotsOfOthers(1_600)
    slots.note(10, 5)
    slots.note(500, 3)
    slots.note(1_000, 4)
    expect(slots.at(1_610)).toBe(5)
    expect(slots.at(1_700)).toBe(4)
    expect(slots.at(2_599)).toBe(4)
    expect(slots.at(2_600)).toBe(0)
  })

  it('finds the first instant at which there is room, be it ours or theirs that is free', () => {
    const slots = new SlotsOfOthers(1_600)
    slots.note(0, 5)
    slots.note(1_000, 2)
    expect(slots.roomAtMs(0, (count) => (count === 5 ? 900 : 0))).toBe(900)
    expect(slots.roomAtMs(0, (count) => (count === 5 ? 3_000 : 2_000))).toBe(2_000)
    expect(slots.roomAtMs(0, (count) => (count === 0 ? 0 : Infinity))).toBe(2_600)
    expect(slots.roomAtMs(0, () => 0)).toBe(0)
  })
})
