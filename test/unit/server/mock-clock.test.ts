import { describe, expect, it } from 'vitest'
import { MockClock } from '../../../src/server/mock-clock.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

function open(startMs = 5_000): { base: VirtualClock; clock: MockClock; fired: string[] } {
  const base = new VirtualClock({ startMs })
  return { base, clock: new MockClock(base), fired: [] }
}

describe('MockClock', () => {
  it('begins at zero and follows the clock below', () => {
    const { base, clock } = open()
    expect(clock.nowMs()).toBe(0)
    base.advance(250)
    expect([clock.now(), clock.nowMs(), clock.isPaused]).toEqual([250, 250, false])
    expect(clock.wallNow()).toBe(base.wallNow())
  })

  it('is one clock, however often it is put over', () => {
    const { base, clock } = open()
    expect(MockClock.over(clock)).toBe(clock)
    expect(MockClock.over(base)).not.toBe(base)
  })

  it('is held at a whole millisecond that is not before now, so that sums are exact', () => {
    const { base, clock } = open(0.3)
    base.advance(1_234.567_8)
    const beforeMs = clock.nowMs()
    clock.pause()
    expect(clock.nowMs()).toBe(1_235)
    expect(clock.nowMs()).toBeGreaterThanOrEqual(beforeMs)
    base.advance(99.9)
    clock.pause()
    expect(clock.nowMs()).toBe(1_235)
    clock.advance(60_000)
    expect(clock.nowMs()).toBe(1_235 + 60_000)
    expect(clock.isPaused).toBe(true)
    clock.resume()
    clock.resume()
    base.advance(10)
    expect(clock.nowMs()).toBeCloseTo(61_245, 6)
  })

  it('lets no delay elapse while it is held, and the rest of it afterwards', () => {
    const { base, clock, fired } = open()
    clock.setTimer(() => fired.push(`at ${clock.nowMs()}`), 100)
    base.advance(40)
    clock.pause()
    expect(base.timerCount).toBe(0)
    base.advance(100_000)
    clock.resume()
    base.advance(59)
    expect(fired).toEqual([])
    base.advance(1)
    expect(fired).toEqual(['at 100'])
  })

  it('takes delays while it is held', () => {
    const { base, clock, fired } = open()
    clock.pause()
    clock.setTimer(() => fired.push('a'), 100)
    base.advance(1_000)
    expect(fired).toEqual([])
    clock.resume()
    base.advance(100)
    expect(fired).toEqual(['a'])
  })

  it.each([true, false])(
    'fires what becomes due in order, each at its instant (held: %s)',
    (held) => {
      const { base, clock, fired } = open()
      const note = (name: string) => () => fired.push(`${name} ${clock.nowMs()}`)
      clock.setTimer(note('late'), 301)
      clock.setTimer(note('b'), 200)
      clock.setTimer(() => {
        note('a')()
        clock.setTimer(note('from a'), 50.5)
      }, 100)
      clock.setTimer(note('c'), 200)
      clock.setTimer(note('gone'), 150)()
      if (held) clock.pause()
      clock.advance(300)
      expect(fired).toEqual(['a 100', 'from a 151', 'b 200', 'c 200'])
      expect([clock.nowMs(), clock.isPaused]).toEqual([300, held])
      clock.resume()
      expect(base.timerCount).toBe(1)
      base.advance(1)
      expect(fired.at(-1)).toBe('late 301')
    },
  )

  it('fires what is overdue now: never does it go back', () => {
    const { base, clock, fired } = open()
    clock.setTimer(() => fired.push(`${clock.nowMs()}`), 100)
    base.stall(170)
    clock.advance(5)
    expect(fired).toEqual(['170'])
    expect(clock.nowMs()).toBe(175)
  })

  it('forgets a cancelled delay, held or not, and takes a second cancelling', () => {
    const { base, clock, fired } = open()
    const cancel = clock.setTimer(() => fired.push('a'), 10)
    clock.pause()
    const cancelHeld = clock.setTimer(() => fired.push('b'), 10)
    cancel()
    cancelHeld()
    cancel()
    clock.advance(100)
    clock.resume()
    expect(base.timerCount).toBe(0)
    expect(fired).toEqual([])
  })

  it('takes odd delays as any clock does', () => {
    const { clock, fired } = open()
    clock.setTimer(() => fired.push('never'), Infinity)
    for (const delayMs of [NaN, -5, 0]) clock.setTimer(() => fired.push(`${delayMs}`), delayMs)
    clock.advance(0)
    expect(fired).toEqual(['NaN', '-5', '0'])
  })

  it.each([-1, 0.5, NaN, 31_536_000_001, '5'])('refuses to be moved by %s', (ms) => {
    const { clock } = open()
    expect(() => clock.advance(ms as number)).toThrow('option ms: expected a whole number')
    expect([clock.nowMs(), clock.isPaused]).toEqual([0, false])
  })
})
