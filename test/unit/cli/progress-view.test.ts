import { describe, expect, it } from 'vitest'
import type { RunProgress } from '../../../src/batch/index.ts'
import { formatDuration } from '../../../src/cli/format.ts'
import { describeProgress, ProgressView } from '../../../src/cli/progress-view.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

const progress: RunProgress = {
  done: 250,
  failed: 0,
  total: 900,
  requests: 20,
  perSecond: 4.25,
  share: 0.3,
  remainingMs: 153_000,
  outageMs: 0,
}
const counts = { total: 1_000, before: 100 }

function open(isTerminal: boolean, more: { width?: number; isQuiet?: boolean } = {}) {
  const written: string[] = []
  const clock = new VirtualClock()
  const { width, isQuiet = false } = more
  const screen = { isTerminal, width, write: (text: string) => written.push(text) }
  return { written, clock, view: new ProgressView(screen, clock, { noun: 'texts', isQuiet }) }
}

describe('describeProgress', () => {
  it('counts in what an earlier start has done', () => {
    expect(describeProgress(counts, progress)).toBe('350 of 1,000 (35.0 %), 4.3/s, 2 min 33 s left')
  })

  it('knows nothing before the first answer', () => {
    expect(describeProgress(counts, undefined)).toBe('100 of 1,000 (10.0 %)')
  })

  it('tells of failures', () => {
    expect(describeProgress(counts, { ...progress, failed: 2 })).toMatch(/2 failed$/)
  })

  it('tells of batches', () => {
    const batches = { ...progress, batchesInFlight: 3 }
    expect(describeProgress(counts, batches)).toMatch(/left, 3 batches under way$/)
  })

  it('tells of an outage in place of a speed', () => {
    const down = { ...progress, outageMs: 3_720_000 }
    const text = '350 of 1,000 (35.0 %), the service has been down for 1 h 2 min'
    expect(describeProgress(counts, down)).toBe(text)
  })
})

describe('ProgressView', () => {
  it('redraws one line on a terminal, and clears it at the end', () => {
    const { written, clock, view } = open(true, { width: 60 })
    view.start(counts)
    view.update(progress)
    clock.advance(400)
    expect(written[0]).toBe('1,000 texts, 100 of them dealt with before\n')
    expect(written).toHaveLength(3)
    expect(written[1]).toBe(
      `\r[########----------------] 350 of 1,000 (35.0 %), 4.3/s, 2 min 33 s left`.slice(0, 60) +
        '\u001B[K',
    )
    view.stop()
    expect(written.at(-1)).toBe('\r\u001B[K')
    expect(clock.nextTimerAtMs).toBeUndefined()
  })

  it.each([0, undefined])('takes 80 columns where the terminal says %s', (width) => {
    const { written, clock, view } = open(true, width === undefined ? {} : { width })
    view.start({ total: 1e15, before: 0 })
    view.update({ ...progress, done: 123_456_789_012, failed: 123_456_789_012 })
    clock.advance(200)
    expect(written.at(-1)).toHaveLength('\r'.length + 79 + '\u001B[K'.length)
    view.stop()
  })

  it('writes a line now and then elsewhere, also while nothing happens', () => {
    const { written, clock, view } = open(false)
    view.start({ total: 10, before: 0 })
    clock.advance(60_000)
    expect(written).toEqual(['10 texts\n', '0 of 10 (0.0 %)\n', '0 of 10 (0.0 %)\n'])
    view.stop()
    clock.advance(60_000)
    expect(written).toHaveLength(3)
  })

  it('shows nothing where there is nothing to do, or nobody wants to see it', () => {
    const { clock, view } = open(true)
    view.start({ total: 5, before: 5 })
    expect(clock.nextTimerAtMs).toBeUndefined()
    const quiet = open(true, { isQuiet: true })
    quiet.view.start(counts)
    expect(quiet.written).toEqual([])
    expect(quiet.clock.nextTimerAtMs).toBeUndefined()
  })

  it('puts what has to be said on a line of its own', () => {
    const { written, clock, view } = open(true)
    view.start({ total: 10, before: 0 })
    clock.advance(200)
    view.say('ending')
    expect(written.slice(-2)).toEqual(['\r\u001B[K', 'ending\n'])
  })
})

it.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [3_599_400, '59 min 59 s'],
  [10_020_000, '2 h 47 min'],
])('formats %d ms', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
