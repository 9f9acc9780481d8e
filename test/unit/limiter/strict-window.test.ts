import { describe, expect, it } from 'vitest'
import { slotHoldMs, StrictWindow } from '../../../src/limiter/strict-window.ts'

const HOLD_MS = slotHoldMs(60_000)

function createWindow(
  requestsMax: number,
  arrivalBoundMs = 5_000,
  unit: 'requests' | 'tokens' = 'requests',
): StrictWindow {
  return new StrictWindow({
    id: 'chat',
    unit,
    slotsMax: requestsMax,
    windowMs: 60_000,
    countedWithinMs: arrivalBoundMs,
    isCountedAtEnd: false,
  })
}

function take(window: StrictWindow, grantedAtMs: number, cost = 1) {
  const grant = { grantedAtMs, cost, isSettled: false }
  expect(window.allowAtMs(grantedAtMs, cost)).toBe(grantedAtMs)
  window.take(grant)
  return grant
}

function settle(window: StrictWindow, nowMs: number, grant: { isSettled: boolean } & object): void {
  window.settle(nowMs, grant as Parameters<StrictWindow['settle']>[1])
  grant.isSettled = true
}

describe('StrictWindow', () => {
  it('holds a slot for the window, 1 ms, and 500 ppm of drift', () => {
    expect(HOLD_MS).toBe(60_031)
    expect(slotHoldMs(1_000)).toBe(1_001.5)
  })

  it.each([
    { what: 'settled at once', settleAtMs: 0, freeAtMs: HOLD_MS },
    { what: 'settled by its headers', settleAtMs: 700, freeAtMs: 700 + HOLD_MS },
    { what: 'settled at its bound', settleAtMs: 5_000, freeAtMs: 5_000 + HOLD_MS },
    { what: 'settled after its bound', settleAtMs: 30_000, freeAtMs: 5_000 + HOLD_MS },
    { what: 'never settled', settleAtMs: undefined, freeAtMs: 5_000 + HOLD_MS },
  ])('gives a slot back one hold after the count: $what', ({ settleAtMs, freeAtMs }) => {
    const window = createWindow(1)
    const grant = take(window, 0)
    if (settleAtMs !== undefined) settle(window, settleAtMs, grant)
    expect(window.allowAtMs(40_000, 1)).toBe(freeAtMs)
    expect(window.usedAt(freeAtMs - 0.001)).toBe(1)
    expect(window.usedAt(freeAtMs)).toBe(0)
  })

  it('settles in any order and keeps slots of the unsettled', () => {
    const window = createWindow(3)
    const [first, second, third] = [take(window, 0), take(window, 1), take(window, 2)]
    settle(window, 100, third)
    settle(window, 200, first)
    expect(window.allowAtMs(300, 1)).toBe(100 + HOLD_MS)
    expect(window.allowAtMs(300, 2)).toBe(200 + HOLD_MS)
    expect(window.allowAtMs(300, 3)).toBe(second.grantedAtMs + 5_000 + HOLD_MS)
    expect(window.usedAt(201 + HOLD_MS)).toBe(1)
  })

  it('skips settled grants where it counts those in flight', () => {
    const window = createWindow(3)
    const [, second] = [take(window, 0), take(window, 1), take(window, 2)]
    settle(window, 100, second)
    expect(window.allowAtMs(200, 3)).toBe(5_002 + HOLD_MS)
  })

  it('notes a grant past its bound as counted before what is settled later', () => {
    const window = createWindow(2)
    take(window, 0)
    const late = take(window, 4_000)
    settle(window, 8_000, late)
    expect(window.allowAtMs(9_000, 1)).toBe(5_000 + HOLD_MS)
    expect(window.allowAtMs(9_000, 2)).toBe(8_000 + HOLD_MS)
  })

  it('takes and gives back several slots at a time', () => {
    const window = createWindow(10)
    settle(window, 10, take(window, 0, 4))
    settle(window, 20, take(window, 0, 5))
    expect(window.allowAtMs(30, 1)).toBe(30)
    expect(window.allowAtMs(30, 2)).toBe(10 + HOLD_MS)
    expect(window.allowAtMs(30, 6)).toBe(20 + HOLD_MS)
    expect(window.allowAtMs(30, 11)).toBe(Infinity)
  })

  it('keeps what is in use when its limit shrinks, and opens at once when it grows', () => {
    const window = createWindow(3)
    for (const atMs of [0, 100, 200]) settle(window, atMs, take(window, atMs))
    window.setSlotsMax(1)
    expect([window.usedAt(300), window.costMax]).toEqual([3, 1])
    expect(window.allowAtMs(300, 1)).toBe(200 + HOLD_MS)
    window.setSlotsMax(4)
    expect(window.allowAtMs(300, 1)).toBe(300)
  })

  it('takes a clock that goes back for one that stands still', () => {
    const window = createWindow(1)
    const grant = take(window, 10_000)
    settle(window, 12_000, grant)
    expect(window.usedAt(0)).toBe(1)
    expect(window.allowAtMs(0, 1)).toBe(12_000 + HOLD_MS)
  })

  describe('earliestAtMs', () => {
    it('adds a hold for every full window of requests ahead', () => {
      const window = createWindow(600)
      expect(window.earliestAtMs(0, behind(599))).toBe(0)
      expect(window.earliestAtMs(0, behind(600))).toBe(HOLD_MS)
      expect(window.earliestAtMs(0, behind(1_199))).toBe(HOLD_MS)
      expect(window.earliestAtMs(0, behind(1_200))).toBe(2 * HOLD_MS)
      expect(window.earliestAtMs(0, behind(599, 2))).toBe(HOLD_MS)
    })

    it('starts from the slots in use, counted ones exactly', () => {
      const window = createWindow(2)
      settle(window, 100, take(window, 0))
      take(window, 50)
      expect(window.earliestAtMs(200, behind(0))).toBe(100 + HOLD_MS)
      expect(window.earliestAtMs(200, behind(1))).toBe(200 + HOLD_MS)
      expect(window.earliestAtMs(200, behind(2))).toBe(100 + 2 * HOLD_MS)
    })

    it('takes a hold to pass as much as the largest call ahead, where that is above the limit', () => {
      const window = createWindow(600, 5_000, 'tokens')
      expect(window.earliestAtMs(0, { ...behind(3_000), largestAhead: 3_000 })).toBe(HOLD_MS)
      expect(window.earliestAtMs(0, { ...behind(6_000), largestAhead: 3_000 })).toBe(2 * HOLD_MS)
      expect(window.earliestAtMs(0, { ...behind(3_000), largestAhead: 500 })).toBe(5 * HOLD_MS)
      expect(window.earliestAtMs(0, behind(0, 9_000))).toBe(0)
      expect(window.earliestAtMs(0, behind(0, 0))).toBe(0)
    })

    it('starts at the end of a pause', () => {
      const window = createWindow(2)
      const position = { costAhead: 2, cost: 1, pausedUntilMs: 5_000 }
      expect(window.earliestAtMs(0, position)).toBe(5_000 + HOLD_MS)
    })
  })
})

function behind(costAhead: number, cost = 1) {
  return { costAhead, cost, pausedUntilMs: -Infinity }
}
