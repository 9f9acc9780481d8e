import { describe, expect, it } from 'vitest'
import { Draw } from '../../../../sim/world/draw.ts'

function many<T>(count: number, draw: () => T): T[] {
  return Array.from({ length: count }, draw)
}

/** The first draws of a stream. */
function first(seed: number, stream: string): number[] {
  const draw = new Draw(seed, stream)
  return many(20, () => draw.int(0, 1e6))
}

describe('Draw', () => {
  it('gives equal draws for an equal seed and stream, others otherwise', () => {
    expect(first(7, 'calls')).toEqual(first(7, 'calls'))
    expect(first(7, 'calls')).not.toEqual(first(8, 'calls'))
    expect(first(7, 'calls')).not.toEqual(first(7, 'faults'))
  })

  it('reaches both ends of a range of whole numbers, and nothing else', () => {
    const draw = new Draw(1, 'test')
    expect([...new Set(many(300, () => draw.int(-1, 2)))].toSorted((a, b) => a - b)).toEqual([
      -1, 0, 1, 2,
    ])
    expect(draw.int(5, 5)).toBe(5)
  })

  it('is never and always right at 0 and 1,000 per mille, and about a quarter of the time at 250', () => {
    const draw = new Draw(2, 'test')
    const share = (perMille: number): number =>
      many(2_000, () => draw.chance(perMille)).filter(Boolean).length / 2_000
    expect(share(0)).toBe(0)
    expect(share(1_000)).toBe(1)
    expect(Math.abs(share(250) - 0.25)).toBeLessThan(0.04)
  })

  it('draws gaps that are never negative, of the mean that is asked for, and of its spread', () => {
    const draw = new Draw(4, 'test')
    const gaps = many(4_000, () => draw.exponential(200))
    const shareAbove = (ms: number): number => gaps.filter((gap) => gap > ms).length / gaps.length
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeCloseTo(200, -1.2)
    // exp(-1) and exp(-3) of them
    expect(shareAbove(200)).toBeCloseTo(0.368, 1)
    expect(shareAbove(600)).toBeCloseTo(0.05, 1.5)
  })

  it('picks each of the choices', () => {
    const draw = new Draw(3, 'test')
    expect(new Set(many(100, () => draw.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
  })

  it('draws whole milliseconds within what a latency says', () => {
    const draw = new Draw(4, 'test')
    expect(draw.latency({ kind: 'fixed', ms: 12 })).toBe(12)
    const uniform = many(300, () => draw.latency({ kind: 'uniform', minMs: 3, maxMs: 6 }))
    expect(new Set(uniform)).toEqual(new Set([3, 4, 5, 6]))
  })

  it('draws a lognormal latency around its median, cut off at both ends', () => {
    const draw = new Draw(5, 'test')
    const latency = { kind: 'lognormal', medianMs: 200, sigma: 1.2, minMs: 50, maxMs: 900 } as const
    const drawn = many(4_000, () => draw.latency(latency)).toSorted((a, b) => a - b)
    expect(drawn.every((ms) => Number.isInteger(ms))).toBe(true)
    expect([drawn[0], drawn.at(-1)]).toEqual([50, 900])
    expect(Math.abs((drawn[2_000] ?? 0) - 200)).toBeLessThan(20)
  })
})
