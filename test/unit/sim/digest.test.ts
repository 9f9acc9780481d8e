import { describe, expect, it } from 'vitest'
import { digestRun, endingOf, windowHolds } from '../../../sim/digest.ts'
import { quotasOf } from '../../../sim/quota.ts'
import { RunBuilder } from '../../helpers/run-record.ts'

/** Requests of a class that arrive at these instants. */
function arrivals(
  run: RunBuilder,
  endpoint: 'chat' | 'images',
  ...instantsMs: number[]
): RunBuilder {
  for (const arrivedAtMs of instantsMs) run.attempt(run.call(0, { endpoint }), 0, { arrivedAtMs })
  return run
}

const quotaFault = { id: 'cut', do: { kind: 'quota', share: 0.5 } } as never

describe('digestRun', () => {
  it('counts calls by their attempts and requests by their ends', () => {
    const run = new RunBuilder()
    run.call()
    const call = run.call()
    run.attempt(call, 0, { status: 503 })
    run.lost(call, 10)
    run.attempt(call, 20)
    run.attempt(run.call(), 0, { status: 429, hints: { 'retry-after': '2' } })
    run.attempt(run.call(), 0, { status: 429 })
    expect(digestRun(run.build())).toMatchObject({
      theme: 'quota',
      callsByAttempts: [1, 2, 0, 1],
      pauses: 1,
      endings: { good: 1, refused: 2, 'server error': 1, network: 1 },
    })
  })

  it('measures the fullest window against the tightest limit', () => {
    const run = arrivals(new RunBuilder(), 'chat', 0, 1, 2)
    arrivals(run, 'images', 0, 30_000, 59_999, 60_000)
    expect(digestRun(run.build()).fullestWindow).toBe(3 / 60)
  })

  it('counts what the server refuses by that limit, or a broken limiter would look well', () => {
    const run = arrivals(new RunBuilder(), 'images', 0)
    run.attempt(run.call(0, { endpoint: 'images' }), 0, { counted: false, refusedBy: 'images' })
    run.attempt(run.call(0, { endpoint: 'images' }), 0, { counted: false })
    expect(digestRun(run.build()).fullestWindow).toBe(2 / 60)
  })

  it('says nothing of windows where the quota is not the subject’s own', () => {
    const tenants = [{ fromMs: 0, toMs: 1, everyMs: 1 }]
    for (const scenario of [{ tenants }, { faults: [quotaFault] }]) {
      expect(digestRun(new RunBuilder({ scenario }).build())).not.toHaveProperty('fullestWindow')
    }
  })

  it('knows the longest wait and the end', () => {
    const run = new RunBuilder()
    run.acquire(5, { grantedAtMs: 105 })
    run.acquire(6, { grantedAtMs: undefined, failedAtMs: 5_000 })
    run.call(0, { settledAtMs: 700 })
    run.call(900, { settledAtMs: undefined })
    expect(digestRun(run.build())).toMatchObject({ longestWaitMs: 100, endMs: 900 })
  })

  it('is small and survives being sent', () => {
    const digest = digestRun(arrivals(new RunBuilder(), 'chat', 0).build())
    expect(JSON.parse(JSON.stringify(digest))).toEqual(digest)
    expect(JSON.stringify(digest).length).toBeLessThan(300)
  })
})

describe('endingOf', () => {
  it.each([
    [200, 'good'],
    [429, 'refused'],
    [408, 'server error'],
    [409, 'server error'],
    [503, 'server error'],
    [401, 'client error'],
  ])('takes %i for %s', (status, ending) => {
    const run = new RunBuilder()
    expect(endingOf(run.attempt(run.call(), 0, { status }))).toBe(ending)
  })

  it('takes a body that was cut off for the network’s doing', () => {
    const run = new RunBuilder()
    expect(endingOf(run.attempt(run.call(), 0, { whole: false }))).toBe('network')
  })
})

describe('windowHolds', () => {
  it('measures a window by the server’s clock', () => {
    const [quota] = quotasOf('images')
    const run = arrivals(new RunBuilder({ scenario: { driftPpm: 100 } }), 'images', 0)
    const [hold] = quota === undefined ? [] : windowHolds(run.build(), quota)
    expect(hold?.toMs).toBeCloseTo(60_000 - 6, 2)
  })
})
