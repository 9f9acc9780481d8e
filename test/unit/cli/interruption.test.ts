import { describe, expect, it } from 'vitest'
import { interruptible, type EndingSignal } from '../../../src/cli/interruption.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

/** Signals that come when a test says so. */
class Signals {
  listener: ((name: EndingSignal) => void) | undefined

  readonly on = (listener: (name: EndingSignal) => void): (() => void) => {
    this.listener = listener
    return () => {
      this.listener = undefined
    }
  }
}

describe('interruptible', () => {
  it('aborts at the first signal, and takes one right after it for the same', () => {
    const signals = new Signals()
    const clock = new VirtualClock()
    let firstCount = 0
    const interruption = interruptible(signals.on, clock, () => {
      firstCount += 1
    })
    signals.listener?.('SIGTERM')
    expect(interruption.signal.aborted).toBe(true)
    clock.advance(999)
    signals.listener?.('SIGINT')
    expect(interruption.endedBy).toBe('SIGTERM')
    expect(firstCount).toBe(1)
  })

  it('leaves a later one to the system, which ends the process', () => {
    const signals = new Signals()
    const clock = new VirtualClock()
    interruptible(signals.on, clock, () => undefined)
    signals.listener?.('SIGINT')
    expect(signals.listener).toBeDefined()
    clock.advance(1_000)
    expect(signals.listener).toBeUndefined()
  })

  it('listens no more when it is ended', () => {
    const signals = new Signals()
    const interruption = interruptible(signals.on, new VirtualClock(), () => undefined)
    interruption.end()
    expect(signals.listener).toBeUndefined()
    expect(interruption.signal.aborted).toBe(false)
    expect(interruption.endedBy).toBeUndefined()
  })
})
