import { describe, expect, it } from 'vitest'
import { Places } from '../../../../src/batch/fine-tunes/places.ts'
import { fixedRandom } from '../../../helpers/retry-world.ts'
import { VirtualClock } from '../../../helpers/virtual-clock.ts'

const minuteMs = 60_000

function open(): { clock: VirtualClock; places: Places } {
  const clock = new VirtualClock()
  return { clock, places: new Places({ concurrentMax: 3, clock, random: fixedRandom(0) }) }
}

const ids = (text: string): ReadonlySet<string> => new Set(text)

describe('Places.free', () => {
  it('is what the list leaves', () => {
    const { places } = open()
    expect([0, 1, 2, 3, 4].map((count) => places.free(count))).toEqual([3, 2, 1, 0, 0])
  })

  it('is none between a 409 and the next look', () => {
    const { places } = open()
    places.refuse(ids('ab'))
    expect(places.free(2)).toBe(0)
    expect(places.free(0)).toBe(0)
  })

  it('is what the list leaves, where that explains the 409', () => {
    const { places } = open()
    places.refuse(ids('ab'))
    places.look(ids('abc'))
    expect(places.free(3)).toBe(0)
    expect(places.free(2)).toBe(1)
  })

  it('has one where a job has ended since the 409', () => {
    const { places } = open()
    places.refuse(ids('ab'))
    places.look(ids('bc'))
    expect(places.free(2)).toBe(1)
  })

  it('has none for a job more than ran at a 409 that nothing explains, until the back-off is over', () => {
    const { clock, places } = open()
    places.refuse(ids('ab'))
    places.look(ids('ab'))
    expect([0, 1, 2].map((count) => places.free(count))).toEqual([2, 1, 0])
    clock.advance(2 * minuteMs - 1)
    expect(places.free(2)).toBe(0)
    clock.advance(1)
    expect(places.free(2)).toBe(1)
    expect(places.free(3)).toBe(0)
  })

  it('backs off twice as long after each, fifteen minutes at the most, and from the beginning after a success', () => {
    const { clock, places } = open()
    const backoffs = [2, 4, 8, 15, 15].map((minutes) => {
      places.refuse(ids(''))
      places.look(ids(''))
      clock.advance(minutes * minuteMs - 1)
      const before = places.free(0)
      clock.advance(1)
      return [before, places.free(0)]
    })
    expect(backoffs).toEqual(backoffs.map(() => [0, 1]))
    places.accept(0)
    expect(places.free(0)).toBe(3)
    places.refuse(ids(''))
    places.look(ids(''))
    clock.advance(2 * minuteMs)
    expect(places.free(0)).toBe(1)
  })

  it('keeps what it has learned where a job was started below it', () => {
    const { places } = open()
    places.refuse(ids('ab'))
    places.look(ids('ab'))
    places.accept(1)
    expect(places.free(2)).toBe(0)
  })
})
