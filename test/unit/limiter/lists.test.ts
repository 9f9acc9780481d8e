import { describe, expect, it } from 'vitest'
import { BinaryHeap } from '../../../src/core/binary-heap.ts'
import { DeadlineList } from '../../../src/limiter/deadlines.ts'
import { Fifo } from '../../../src/limiter/fifo.ts'
import { ReleaseLog } from '../../../src/limiter/release-log.ts'

describe('Fifo', () => {
  it('gives items back in the order they came, across many cuts of its front', () => {
    const fifo = new Fifo<number>()
    const taken: (number | undefined)[] = []
    for (let index = 0; index < 1_000; index += 1) {
      fifo.push(index)
      if (index % 3 > 0) taken.push(fifo.shift())
    }
    while (fifo.length > 0) taken.push(fifo.shift())
    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
    expect(fifo.shift()).toBeUndefined()
    expect(fifo.last()).toBeUndefined()
    expect(fifo.pop()).toBeUndefined()
  })

  it('counts positions from the oldest item that is left', () => {
    const fifo = new Fifo<number>()
    for (let index = 0; index < 200; index += 1) fifo.push(index)
    for (let index = 0; index < 150; index += 1) fifo.shift()
    expect([fifo.length, fifo.at(0), fifo.at(49), fifo.last()]).toEqual([50, 150, 199, 199])
    fifo.retain((item) => item % 2 === 0)
    expect([fifo.length, fifo.peek(), fifo.pop()]).toEqual([25, 150, 198])
  })
})

describe('BinaryHeap', () => {
  it('keeps its order when items are dropped from the middle', () => {
    const heap = new BinaryHeap<number>((left, right) => left < right)
    for (const item of [5, 3, 8, 1, 9, 2, 7, 4, 6, 0]) heap.push(item)
    heap.retain((item) => item % 3 !== 0)
    const taken = Array.from({ length: heap.size }, () => heap.pop())
    expect(taken).toEqual([1, 2, 4, 5, 7, 8])
    expect(heap.pop()).toBeUndefined()
  })

  it('visits what is wanted and no more than it may', () => {
    const heap = new BinaryHeap<number>((left, right) => left < right)
    for (let item = 20; item > 0; item -= 1) heap.push(item)
    const visited: number[] = []
    heap.visitWhile(
      (item) => item <= 7,
      (item) => visited.push(item),
      100,
    )
    expect(visited.toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const some: number[] = []
    heap.visitWhile(
      (item) => item <= 7,
      (item) => some.push(item),
      3,
    )
    expect(some).toHaveLength(3)
  })
})

describe('ReleaseLog', () => {
  it('says when so many slots are back, and forgets those that are', () => {
    const log = new ReleaseLog()
    log.add(10, 2)
    log.add(10, 1)
    log.add(20, 4)
    expect([1, 3, 4, 7].map((slots) => log.freeAtMs(slots))).toEqual([10, 10, 20, 20])
    expect(log.takeUntil(9.99)).toBe(0)
    expect(log.takeUntil(10)).toBe(3)
    expect([log.pending, log.freeAtMs(4)]).toEqual([4, 20])
  })

  it('keeps its answers while its front is cut', () => {
    const log = new ReleaseLog()
    for (let atMs = 0; atMs < 5_000; atMs += 1) log.add(atMs, 1)
    for (let nowMs = 0; nowMs < 4_000; nowMs += 1) expect(log.takeUntil(nowMs)).toBe(1)
    expect([log.pending, log.freeAtMs(1), log.freeAtMs(1_000)]).toEqual([1_000, 4_000, 4_999])
  })
})

describe('DeadlineList', () => {
  it('skips those that have left, and does not keep them for ever', () => {
    const list = new DeadlineList<{ deadlineAtMs: number; hasLeft: boolean }>()
    const items = Array.from({ length: 10_000 }, (_, index) => {
      const item = { deadlineAtMs: 20_000 - index, hasLeft: false }
      list.add(item)
      if (index % 100 > 0) item.hasLeft = true
      return item
    })
    expect(list.size).toBeLessThan(1_000)
    expect(list.nextAtMs()).toBe(items[9_900]?.deadlineAtMs)
    expect(list.takeExpired(10_100, false)).toBeUndefined()
    expect(list.takeExpired(10_100, true)).toBe(items[9_900])
  })

  it('lets go of all that have left when it is cleared', () => {
    const list = new DeadlineList<{ deadlineAtMs: number; hasLeft: boolean }>()
    for (let index = 0; index < 30; index += 1)
      list.add({ deadlineAtMs: index, hasLeft: index > 0 })
    list.clear()
    expect([list.size, list.nextAtMs()]).toEqual([1, 0])
  })

  it('does not keep calls that never expire', () => {
    const list = new DeadlineList<{ deadlineAtMs: number; hasLeft: boolean }>()
    list.add({ deadlineAtMs: Infinity, hasLeft: false })
    expect([list.size, list.nextAtMs()]).toEqual([0, Infinity])
  })
})
