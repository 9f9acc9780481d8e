import { describe, expect, it } from 'vitest'
import {
  isFinished,
  JobStore,
  progressOf,
  type Job,
} from '../../../../src/server/state/job-store.ts'

function job(id: string, createdAtMs: number, durationMs: number, key = 'key'): Job<null> {
  return { id, key, createdAtMs, durationMs, details: null, cancelledAtMs: undefined }
}

describe('JobStore', () => {
  it('counts unfinished jobs per key and tells when the first ends', () => {
    const store = new JobStore<null>(10)
    store.add(job('a', 0, 100))
    store.add(job('b', 0, 50))
    store.add(job('c', 0, 10, 'other'))
    expect(store.occupancy('key', 49)).toEqual({ count: 2, freesAtMs: 50 })
    expect(store.occupancy('key', 50)).toEqual({ count: 1, freesAtMs: 100 })
    expect(store.occupancy('key', 100)).toEqual({ count: 0, freesAtMs: Infinity })
  })

  it('frees the place of a cancelled job at once', () => {
    const store = new JobStore<null>(10)
    const cancelled = job('a', 0, 100)
    store.add(cancelled)
    cancelled.cancelledAtMs = 20
    expect(store.occupancy('key', 20).count).toBe(0)
    expect(progressOf(cancelled, 90)).toBe(0.2)
  })

  it('hides the jobs of other keys', () => {
    const store = new JobStore<null>(10)
    store.add(job('a', 0, 100, 'other'))
    expect(store.find('key', 'a')).toBeUndefined()
    expect(store.list('key')).toEqual([])
  })

  it('forgets finished jobs, the oldest first, and never unfinished ones', () => {
    const store = new JobStore<null>(3)
    store.add(job('long', 0, 1e9))
    for (let index = 0; index < 100; index += 1) store.add(job(`short ${index}`, index, 1))
    expect(store.size).toBe(3)
    expect(store.list('key').map(({ id }) => id)).toEqual(['long', 'short 98', 'short 99'])
  })

  it('deletes a job of the key, and frees the place of an unfinished one', () => {
    const store = new JobStore<null>(10)
    store.add(job('a', 0, 100))
    store.add(job('b', 0, 100))
    expect(store.delete('other', 'a')).toBe(false)
    expect(store.delete('key', 'a')).toBe(true)
    expect(store.delete('key', 'a')).toBe(false)
    expect(store.find('key', 'a')).toBeUndefined()
    expect(store.occupancy('key', 0).count).toBe(1)
    expect(store.delete('key', 'b')).toBe(true)
    expect([store.size, store.occupancy('key', 0).count]).toEqual([0, 0])
  })

  it('grows beyond its bound only while nothing is finished', () => {
    const store = new JobStore<null>(2)
    for (let index = 0; index < 5; index += 1) store.add(job(`${index}`, 0, 100))
    expect(store.size).toBe(5)
  })
})

describe('JobStore with very many unfinished jobs', () => {
  it('does not look through all of them at each that is added', () => {
    const store = new JobStore<null>(1_000)
    // Some five thousand million looks otherwise: the time limit of the test would be over.
    for (let index = 0; index < 100_000; index += 1) store.add(job(`${index}`, 0, 100))
    expect(store.size).toBe(100_000)
  })

  it('forgets them soon after they are finished, all but those that it keeps', () => {
    const store = new JobStore<null>(1_000)
    for (let index = 0; index < 2_000; index += 1) store.add(job(`old ${index}`, 0, 100))
    for (let index = 0; index < 400; index += 1) store.add(job(`new ${index}`, 100, 100))
    expect(store.size).toBeLessThan(1_200)
    expect(store.occupancy('key', 100).count).toBe(400)
  })
})

describe('progressOf', () => {
  it('is whole from the instant at which the job ends', () => {
    const half = job('a', 100, 50)
    expect([100, 125, 149.999, 150].map((nowMs) => isFinished(half, nowMs))).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(progressOf(half, 125)).toBe(0.5)
    expect(progressOf(half, 150)).toBe(1)
    expect(progressOf(job('b', 0, 0), 0)).toBe(1)
  })
})
