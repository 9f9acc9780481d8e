import { describe, expect, it } from 'vitest'
import { CommandError, exitCodes } from '../../../src/cli/command-error.ts'
import type { Summary } from '../../../src/cli/resume.ts'
import { describeSummary, exitCodeOf, type SummaryContext } from '../../../src/cli/summary.ts'
import { RunStoppedError } from '../../../src/core/errors.ts'

const summary: Summary = {
  total: 1_000,
  before: 0,
  done: 1_000,
  failed: 0,
  elapsedMs: 61_000,
  notes: [],
  end: undefined,
}
const context: SummaryContext = { noun: 'texts', output: 'out', endedBy: undefined }
const outage = new RunStoppedError({
  reason: 'outage',
  status: 503,
  serverMessage: 'overloaded',
  done: 1,
  failed: 0,
})
const full = new CommandError('the disk is full', exitCodes.stopped)

describe('exitCodeOf', () => {
  it.each([
    [{}, {}, exitCodes.done],
    [{ failed: 1 }, {}, exitCodes.someFailed],
    [{ end: { error: outage } }, {}, exitCodes.stopped],
    [{ end: { error: full } }, {}, exitCodes.stopped],
    [{ failed: 1, end: { error: new CommandError('changed') } }, {}, exitCodes.misused],
    [{ end: { abortReason: 1 } }, { endedBy: 'SIGINT' }, 130],
    [{ end: { abortReason: 1 } }, { endedBy: 'SIGTERM' }, 143],
  ] as const)('%j %j', (more, around, code) => {
    expect(exitCodeOf({ ...summary, ...more }, { ...context, ...around })).toBe(code)
  })
})

describe('describeSummary', () => {
  it('says what there is', () => {
    const text = '1,000 of 1,000 texts have their result; 1 min 1 s\n'
    expect(describeSummary(summary, context)).toBe(text)
  })

  it('says what is refused and what is left, and what this start did', () => {
    const partly = { ...summary, before: 100, done: 500, failed: 3, end: { error: full } }
    expect(describeSummary(partly, context)).toBe(
      '500 of 1,000 texts have their result (403 in this start); 3 were refused, see "error" in out; ' +
        '497 are left; 1 min 1 s\nthe disk is full\n',
    )
  })

  it('adds what the work has to say', () => {
    const text = describeSummary({ ...summary, notes: ['2 batches'] }, context)
    expect(text).toMatch(/ 1 min 1 s\n2 batches\n$/)
  })

  it('names flags where errors name options, and what the server said', () => {
    const text = describeSummary({ ...summary, end: { error: outage } }, context)
    expect(text).toContain('longer than --outage-minutes; start again')
    // What was under way when it stopped has come in since then: a second count would contradict the first.
    expect(text).toContain('\nstopped: the service is down')
    expect(text).toMatch(/\nthe server said: overloaded\n$/)
  })

  it('says how to go on after Ctrl-C', () => {
    const text = describeSummary({ ...summary, end: { abortReason: 1 } }, context)
    expect(text).toContain('the same command goes on from here')
  })
})
