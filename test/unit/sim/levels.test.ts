import { describe, expect, it } from 'vitest'
import { levelsIn, peakLevel, type Held } from '../../../sim/levels.ts'

function held(fromMs: number, toMs: number, amount = 1): Held {
  return { fromMs, toMs, amount }
}

const slices = { sliceMs: 10, count: 4 }

function levels(...all: Held[]): number[] {
  return levelsIn(slices, all).map(({ level }) => level)
}

describe('peakLevel', () => {
  it('adds what is there at the same time', () => {
    expect(peakLevel([held(0, 10), held(5, 15, 3), held(20, 30)])).toBe(4)
  })

  it('does not add what begins in the instant in which something else ends', () => {
    expect(peakLevel([held(10, 20), held(0, 10)])).toBe(1)
  })

  it('is 0 of nothing, and of what lasts no time', () => {
    expect(peakLevel([])).toBe(0)
    expect(peakLevel([held(5, 5)])).toBe(0)
  })
})

describe('levelsIn', () => {
  it('keeps the highest of a slice, however short it was', () => {
    expect(levels(held(12, 13, 9))).toEqual([0, 9, 0, 0])
  })

  it('carries what goes on into the slices in which nothing changes', () => {
    expect(levels(held(5, 35, 2))).toEqual([2, 2, 2, 2])
  })

  it('lets go of what ends on an edge: the slice begins with what was there', () => {
    expect(levels(held(0, 20))).toEqual([1, 1, 0, 0])
    expect(levels(held(0, 21))).toEqual([1, 1, 1, 0])
  })

  it('leaves out what begins after the last slice', () => {
    expect(levels(held(40, 50))).toEqual([0, 0, 0, 0])
  })

  it('names where each slice begins', () => {
    expect(levelsIn(slices, []).map(({ atMs }) => atMs)).toEqual([0, 10, 20, 30])
  })
})
