import { describe, expect, it } from 'vitest'
import { WaitQueue } from '../../../src/limiter/wait-queue.ts'

interface Item {
  rank: number
  sequence: number
  cost: number
  tokens: number
  hasLeft: boolean
}

let sequence = 0

function enqueue(queue: WaitQueue<Item>, rank: number, cost = 1, tokens = 0): Item {
  sequence += 1
  const item = { rank, sequence, cost, tokens, hasLeft: false }
  queue.enqueue(item)
  return item
}

function drain(queue: WaitQueue<Item>): number[] {
  const ranks: number[] = []
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) ranks.push(item.rank)
  return ranks
}

describe('WaitQueue', () => {
  it('goes by rank, and by arrival among equals', () => {
    const queue = new WaitQueue<Item>()
    const items = [5, 7, 5, 1, 9, 5].map((rank) => enqueue(queue, rank))
    const order = items.map(() => queue.shift())
    expect(order).toEqual([3, 0, 2, 5, 1, 4].map((index) => items[index]))
    expect(queue.shift()).toBeUndefined()
  })

  it('forgets who left, once', () => {
    const queue = new WaitQueue<Item>()
    const items = [1, 2, 3, 0].map((rank) => enqueue(queue, rank))
    for (const index of [1, 2, 3]) expect(queue.cancel(items[index] as Item)).toBe(true)
    expect(queue.cancel(items[1] as Item)).toBe(false)
    expect(queue.length).toBe(1)
    expect(drain(queue)).toEqual([1])
    expect(queue.cancel(items[0] as Item)).toBe(false)
  })

  it('sweeps out those that left, so that memory follows the length', () => {
    const queue = new WaitQueue<Item>()
    const items = Array.from({ length: 10_000 }, (_, index) => enqueue(queue, index % 7))
    for (const item of items.slice(0, 9_990)) queue.cancel(item)
    expect(queue.length).toBe(10)
    expect(drain(queue)).toHaveLength(10)
  })

  it('counts what is ahead exactly for the last, and never too much for others', () => {
    const queue = new WaitQueue<Item>()
    for (const rank of [10, 20, 30]) enqueue(queue, rank, 2)
    const late = enqueue(queue, 15, 5)
    expect(queue.demandAhead(30).cost).toBe(11)
    expect(queue.demandAhead(29).cost).toBe(7)
    expect(queue.demandAhead(9).cost).toBe(0)
    queue.cancel(late)
    expect(queue.demandAhead(30).cost).toBe(6)
    expect(queue.demandAhead(29).cost).toBeLessThanOrEqual(4)
  })

  it('counts tokens ahead alike, and knows the largest call until all have left', () => {
    const queue = new WaitQueue<Item>()
    const items = [10, 20, 30].map((rank) => enqueue(queue, rank, 1, rank * 100))
    const late = enqueue(queue, 15, 1, 7)
    expect(queue.demandAhead(30)).toEqual({ cost: 4, tokens: 6_007, tokensLargest: 3_000 })
    expect(queue.demandAhead(29).tokens).toBe(7)
    for (const item of [...items, late]) queue.cancel(item)
    expect(queue.demandAhead(30)).toEqual({ cost: 0, tokens: 0, tokensLargest: 0 })
  })

  it('takes out who matches and keeps the order of the rest', () => {
    const queue = new WaitQueue<Item>()
    for (const rank of [1, 2, 3, 4, 2, 1]) enqueue(queue, rank)
    expect(queue.takeOut((item) => item.rank === 2)).toHaveLength(2)
    expect(drain(queue)).toEqual([1, 1, 3, 4])
  })
})
