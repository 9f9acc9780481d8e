import { describe, expect, it } from 'vitest'
import { ProgressMeter } from '../../../src/batch/progress.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

/** Ten items a second, for so many seconds. */
function work(meter: ProgressMeter, clock: VirtualClock, seconds: number): void {
  for (let count = 0; count < seconds; count += 1) {
    clock.advance(1_000)
    meter.count({ done: 10, failed: 0 })
  }
}

describe('the progress of a run', () => {
  it('has the speed of now soon after an outage of an hour', () => {
    const clock = new VirtualClock()
    const meter = new ProgressMeter(clock, 2_000)
    work(meter, clock, 100)
    expect(meter.progress).toMatchObject({ share: 0.5, perSecond: 10, remainingMs: 100_000 })
    clock.advance(3_600_000)
    work(meter, clock, 3)
    expect(meter.progress).toMatchObject({ perSecond: 10, remainingMs: 97_000 })
  })

  it('has the speed of a run whose answers take more than a minute', () => {
    const clock = new VirtualClock()
    const meter = new ProgressMeter(clock, undefined)
    for (let count = 0; count < 5; count += 1) {
      clock.advance(100_000)
      meter.count({ done: 1, failed: 0 })
      expect(meter.progress.perSecond).toBe(0.01)
    }
  })

  it('measures from the beginning where it is told to', () => {
    const clock = new VirtualClock()
    const meter = new ProgressMeter(clock, 2_000, Infinity)
    // Two batches, each at once at its end.
    clock.advance(500_000)
    meter.count({ done: 600, failed: 0 })
    clock.advance(500_000)
    meter.count({ done: 399, failed: 1 })
    expect(meter.progress).toMatchObject({ share: 0.5, perSecond: 1, remainingMs: 1_000_000 })
  })

  it('counts an answer as one request, however many items it is about', () => {
    const meter = new ProgressMeter(new VirtualClock(), 40)
    meter.countAnswer()
    meter.count({ done: 20, failed: 0 })
    meter.count({ done: 0, failed: 1 })
    expect(meter.progress).toMatchObject({ requests: 1, done: 20, failed: 1 })
  })
})
