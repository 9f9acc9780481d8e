import { describe, expect, it } from 'vitest'
import { Fixture } from '../../helpers/limiter-fixture.ts'

describe('TogetherRateLimiter.pause', () => {
  it('holds all callers until it is over, then lets them come back one interval apart', async () => {
    const fixture = new Fixture({ maxPerMinute: 6_000 })
    fixture.limiter.pause({ delayMs: 5_000 })
    fixture.calls(1_000, 'c')
    await fixture.clock.run(4_999)
    expect(fixture.granted).toHaveLength(0)
    await fixture.clock.run(10_000)
    expect(fixture.granted).toHaveLength(1_000)
    expect(fixture.grantedAtMs[0]).toBe(5_000)
    for (let index = 1; index < 1_000; index += 1) {
      const gapMs = (fixture.grantedAtMs[index] ?? 0) - (fixture.grantedAtMs[index - 1] ?? 0)
      expect(gapMs).toBeGreaterThanOrEqual(10)
    }
  })

  it('paces the return with burst pacing too', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, pacing: 'burst' })
    fixture.limiter.pause({ delayMs: 1_000 })
    fixture.calls(100, 'c')
    await fixture.clock.run(2_000)
    expect(fixture.grantedAtMs).toEqual(
      Array.from({ length: 11 }, (_, index) => 1_000 + index * 100),
    )
  })

  it('paces the return also where nobody waited when it ended', async () => {
    const fixture = new Fixture({ maxPerMinute: 600 })
    fixture.limiter.pause({ model: 'new', delayMs: 1_000 })
    await fixture.clock.run(1_050)
    fixture.calls(5, 'c', { model: 'new' })
    await fixture.clock.run(300)
    expect(fixture.grantedAtMs).toEqual([1_050, 1_100, 1_200, 1_300])
  })

  it('only grows', async () => {
    const fixture = new Fixture()
    fixture.limiter.pause({ delayMs: 2_000 })
    fixture.limiter.pause({ delayMs: 1_000 })
    fixture.call('c')
    await fixture.clock.run(1_500)
    fixture.limiter.pause({ delayMs: 700 })
    expect(fixture.limiter.snapshot().pauses).toEqual([{ key: 'endpoint:chat', remainingMs: 700 }])
    await fixture.clock.run(700)
    expect(fixture.grantedAtMs).toEqual([2_200])
    expect(fixture.limiter.snapshot()).toMatchObject({ pauses: [], counters: { paused: 3 } })
  })

  it("holds a model's calls on every endpoint, and nobody else", async () => {
    const fixture = new Fixture()
    fixture.limiter.pause({ model: 'a', delayMs: 1_000 })
    fixture.call('a chat', { model: 'a' })
    fixture.call('a embeddings', { model: 'a', endpoint: 'embeddings' })
    fixture.call('b', { model: 'b' })
    fixture.call('bare')
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['b', 'bare'])
    fixture.limiter.pause({ endpoint: 'embeddings', delayMs: 1_000 })
    fixture.call('bare embeddings', { endpoint: 'embeddings' })
    fixture.call('b embeddings', { endpoint: 'embeddings', model: 'b' })
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['b', 'bare', 'b embeddings'])
    await fixture.clock.run(2_000)
    expect(fixture.granted).toHaveLength(6)
  })

  it('longer than pauseMsMax fails who waits and who comes, until little enough remains', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1, pauseMsMax: 10_000 })
    fixture.call('running')
    const waiting = fixture.call('waiting')
    const other = fixture.call('other', { endpoint: 'embeddings' })
    fixture.limiter.pause({ delayMs: 30_000 })
    const late = fixture.call('late')
    await fixture.clock.run(0)
    const error = { code: 'LIMIT_EXCEEDED', key: 'chat', retryAfterMs: 30_000, waitMsMax: 10_000 }
    expect(waiting.error).toMatchObject(error)
    expect(late.error).toMatchObject(error)
    expect(fixture.limiter.tryAcquire()).toEqual({ granted: false, retryAfterMs: 30_000 })
    await fixture.clock.run(1_000)
    expect(other.permit).toBeDefined()
    expect(fixture.clock.timerCount).toBe(0)
    await fixture.clock.run(19_000)
    const patient = fixture.call('patient')
    await fixture.clock.run(10_000)
    expect(patient.permit?.grantedAtMs).toBe(30_000)
    expect(fixture.limiter.snapshot().counters.turnedAway).toBe(2)
  })

  it('counts in estimates and deadlines', async () => {
    const fixture = new Fixture({ maxPerMinute: 600 })
    fixture.limiter.pause({ delayMs: 5_000 })
    const late = fixture.call('late', { deadlineMs: 4_999 })
    const inTime = fixture.call('in time', { deadlineMs: 5_000 })
    await fixture.clock.run(0)
    expect(late.error).toMatchObject({ code: 'DEADLINE', neededMs: 5_000 })
    expect(fixture.limiter.snapshot().waitMs).toBe(5_100)
    await fixture.clock.run(5_000)
    expect(inTime.permit?.grantedAtMs).toBe(5_000)
  })

  it('does not let its callers count as ahead of others', async () => {
    const fixture = new Fixture()
    fixture.limiter.pause({ model: 'a', delayMs: 60_000 })
    fixture.calls(100, 'a', { model: 'a' })
    await fixture.clock.run(10)
    expect(fixture.limiter.snapshot({ model: 'b' }).waitMs).toBe(0)
    expect(fixture.limiter.snapshot({ model: 'a' }).waitMs).toBe(59_990 + 10_000)
  })

  it('does not slow another endpoint down while it lasts', async () => {
    const fixture = new Fixture()
    fixture.limiter.pause({ delayMs: 60_000 })
    fixture.calls(5, 'e', { endpoint: 'embeddings' })
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(5)
  })
})
