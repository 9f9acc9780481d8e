import { describe, expect, it } from 'vitest'
import { Progress } from '../../../../sim/report/progress.ts'

interface Watched {
  progress: Progress
  /** What was written since the last look. */
  look: () => string
  pass: (ms: number) => void
}

function watch(total: number, { isTerminal = true, width = 200 } = {}): Watched {
  let [nowMs, written] = [0, '']
  const write = (text: string): void => {
    written += text
  }
  const progress = new Progress(total, { isTerminal, width, write }, () => nowMs)
  return {
    progress,
    look: () => {
      const seen = written
      written = ''
      return seen
    },
    pass: (ms) => {
      nowMs += ms
    },
  }
}

describe('Progress on a terminal', () => {
  it('draws a bar with the runs, the broken ones, the rate and the time left', () => {
    const { progress, look, pass } = watch(4)
    look()
    pass(500)
    progress.add(true)
    expect(look()).toBe(
      `\r[${'#'.repeat(6)}${'-'.repeat(18)}] 1 of 4 runs, 1 BROKEN, 2.0/s, 2 s left\u001B[K`,
    )
  })

  it('is there before the first run is over', () => {
    expect(watch(1_000).look()).toBe(
      `\u001B[?25l\r[${'-'.repeat(24)}] 0 of 1,000 runs, none broken\u001B[K`,
    )
  })

  it('never fills a line, or it would leave others behind', () => {
    const { progress, look, pass } = watch(4, { width: 40 })
    look()
    pass(500)
    progress.add(false)
    expect(look()).toHaveLength('\r'.length + 39 + '\u001B[K'.length)
  })

  it('does not draw more often than an eye can see', () => {
    const { progress, look, pass } = watch(1_000)
    look()
    pass(60)
    progress.add(false)
    expect(look()).toBe('')
    pass(60)
    progress.add(false)
    expect(look()).toContain('2 of 1,000 runs')
  })

  it('leaves nothing behind, and the cursor as it was, once', () => {
    const { progress, look, pass } = watch(2)
    look()
    progress.end()
    expect(look()).toBe('\r\u001B[K\u001B[?25h')
    progress.end()
    pass(500)
    progress.add(false)
    expect(look()).toBe('')
  })
})

describe('Progress elsewhere', () => {
  it('writes a plain line now and then', () => {
    const { progress, look, pass } = watch(100, { isTerminal: false })
    for (let runs = 0; runs < 29; runs += 1) {
      pass(1_000)
      progress.add(false)
    }
    expect(look()).toBe('')
    pass(1_000)
    progress.add(true)
    progress.end()
    expect(look()).toBe('30 of 100 runs, 1 BROKEN, 1.0/s, 1 min 10 s left\n')
  })
})
