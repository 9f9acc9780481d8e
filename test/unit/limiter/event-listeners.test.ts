import { afterEach, describe, expect, it, vi } from 'vitest'
import { outbox } from '../../../src/core/event-outbox.ts'
import type { RateLimitEvent } from '../../../src/core/events.ts'
import type { LimiterOptions } from '../../../src/limiter/index.ts'
import { collectUnhandled, EventLog, subscribeToAll } from '../../helpers/event-log.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'
import { drainPromises } from '../../helpers/virtual-clock.ts'

const model = 'a/model'

/** One request a second, one at once. */
const slow: LimiterOptions = { name: 'slow', profile: profileOf({ id: 'chat', requestsMax: 60 }) }

function watched(options: LimiterOptions = slow): { fixture: Fixture; log: EventLog } {
  const log = new EventLog()
  return { fixture: new Fixture({ ...options, onEvent: log.onEvent }), log }
}

describe('a listener', () => {
  afterEach(() => vi.restoreAllMocks())

  it('hears the same by onEvent and by the channels', () => {
    const { fixture, log } = watched()
    const heard: RateLimitEvent[] = []
    const end = subscribeToAll((event) => heard.push(event))
    fixture.call('a')
    fixture.call('b')
    fixture.limiter.pause({ delayMs: 500 })
    fixture.clock.advance(5_000)
    end()
    fixture.call('c')
    expect(heard).toEqual(log.events.slice(0, -1))
    expect(heard.map(({ type }) => type)).toEqual(['granted', 'queued', 'paused', 'granted'])
  })

  it('costs nothing where there is none: no event is made', async () => {
    const add = vi.spyOn(outbox, 'add')
    const fixture = new Fixture({ ...slow, pauseMsMax: 1_000, queueLengthMax: 2 })
    const controller = new AbortController()
    const first = fixture.call('a')
    fixture.call('b', { signal: controller.signal })
    fixture.call('c', { deadlineMs: 4_000 })
    fixture.call('too many')
    await drainPromises()
    first.permit?.release()
    controller.abort()
    fixture.limiter.pause({ delayMs: 500 })
    fixture.clock.advance(10_000)
    fixture.limiter.pause({ delayMs: 5_000 })
    fixture.call('turned away')
    fixture.limiter.close()
    expect(fixture.limiter.snapshot().counters).toMatchObject({ granted: 2, aborted: 1, paused: 2 })
    expect(add).not.toHaveBeenCalled()
    const end = subscribeToAll(() => undefined)
    new Fixture(slow).call('heard')
    end()
    expect(add).toHaveBeenCalledTimes(1)
  })

  it('that throws harms nobody: the error is an unhandled one, and everything is told and granted', async () => {
    const told: string[] = []
    const fixture = new Fixture({
      ...slow,
      onEvent: ({ type }) => {
        told.push(type)
        throw new Error(`of ${type}`)
      },
    })
    const errors = await collectUnhandled(async () => {
      fixture.call('a')
      fixture.call('b')
      await fixture.clock.run(5_000)
    })
    expect(fixture.granted).toEqual(['a', 'b'])
    expect(told).toEqual(['granted', 'queued', 'granted'])
    expect(errors.map(String)).toEqual([
      'Error: of granted',
      'Error: of queued',
      'Error: of granted',
    ])
  })

  it('that throws on a channel harms nobody either', async () => {
    const { fixture, log } = watched()
    const errors = await collectUnhandled(async () => {
      const end = subscribeToAll(() => {
        throw new Error('of a subscriber')
      })
      fixture.call('a')
      fixture.call('b')
      await fixture.clock.run(5_000)
      end()
    })
    expect(fixture.granted).toEqual(['a', 'b'])
    expect(log.types).toEqual(['granted', 'queued', 'granted'])
    expect(errors).toHaveLength(3)
  })

  it('may call the limiter: what it causes comes after it has returned', async () => {
    const order: string[] = []
    const fixture: Fixture = new Fixture({
      ...slow,
      onEvent: ({ type, model: of = '' }) => {
        order.push(`${type} ${of}`)
        if (type === 'granted' && of === 'first') {
          fixture.call('second', { model: 'second' })
          fixture.limiter.snapshot()
        }
        if (type === 'queued') fixture.limiter.pause({ model: 'other', delayMs: 10 })
        order.push(`end of ${type} ${of}`)
      },
    })
    fixture.call('first', { model: 'first' })
    await fixture.clock.run(5_000)
    expect(fixture.granted).toEqual(['first', 'second'])
    expect(order).toEqual([
      'granted first',
      'end of granted first',
      'queued second',
      'end of queued second',
      'paused other',
      'end of paused other',
      'granted second',
      'end of granted second',
    ])
  })

  it('may close the limiter at any event, and every call still ends', async () => {
    for (let closesAt = 1; closesAt <= 12; closesAt += 1) {
      let told = 0
      const controller = new AbortController()
      const fixture: Fixture = new Fixture({
        ...slow,
        queueLengthMax: 4,
        onEvent: () => {
          told += 1
          if (told === closesAt) fixture.limiter.close()
        },
      })
      const calls = [
        ...fixture.calls(3, 'chat'),
        fixture.call('aborted', { signal: controller.signal }),
        fixture.call('first', { priority: 5, endpoint: 'chat', model }),
        fixture.call('too many'),
      ]
      await fixture.clock.run(0)
      controller.abort()
      fixture.limiter.pause({ delayMs: 1_000 })
      calls[0]?.permit?.release()
      await fixture.clock.run(20_000)
      const open = calls.filter(
        ({ permit, error }) => (permit === undefined) === (error === undefined),
      )
      expect(open.map(({ name }) => name)).toEqual([])
      expect(fixture.clock.timerCount).toBe(0)
      expect(fixture.limiter.snapshot().queueLength).toBe(0)
    }
  })

  it('may close the limiter while a call comes in that is to wait behind a late timer', async () => {
    const fixture: Fixture = new Fixture({
      name: 'late',
      onEvent: ({ type, atMs }) => {
        if (type === 'granted' && atMs > 0) fixture.limiter.close()
      },
    })
    fixture.limiter.pause({ endpoint: 'images', delayMs: 60_000 })
    fixture.calls(12, 'due')
    fixture.clock.stall(1_500)
    const comes = fixture.call('comes', { endpoint: 'images' })
    await fixture.clock.run(0)
    expect(comes.error).toMatchObject({ code: 'CLOSED' })
    expect(fixture.clock.timerCount).toBe(0)
  })

  it('may acquire at every event, and what it gets is kept within the limit', async () => {
    let more = 20
    const fixture: Fixture = new Fixture({
      ...slow,
      onEvent: () => {
        if (more === 0) return
        more -= 1
        fixture.call(`more${more}`, { priority: more % 3 })
      },
    })
    fixture.calls(5, 'a')
    await fixture.clock.run(60_000)
    expect(fixture.granted).toHaveLength(25)
    const gaps = fixture.grantedAtMs
      .slice(1)
      .map((atMs, at) => atMs - (fixture.grantedAtMs[at] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000 - 1e-6)
  })
})
