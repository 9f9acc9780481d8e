import { describe, expect, it } from 'vitest'
import { nothingLeftBehind } from '../../../../sim/invariants/nothing-left-behind.ts'
import type { Aftermath } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makeWork } from '../../../helpers/work-record.ts'

function messages(run: RunBuilder): string[] {
  return nothingLeftBehind.judge(run.build()).violations.map(({ message }) => message)
}

describe('nothing-left-behind', () => {
  it('holds for a clean end', () => {
    const run = new RunBuilder().aftermath()
    run.attempt(run.call(), 0)
    expect(nothingLeftBehind.judge(run.build())).toEqual({ checks: 1, violations: [] })
  })

  it.each<[keyof Aftermath, string]>([
    ['timersLeft', '2 timers are still set'],
    ['listenersLeft', '2 abort listeners are still attached'],
    ['acquiresPending', '2 promises of the limiter never settled'],
    ['filesLeft', '2 files are open or locked'],
  ])('finds %s', (name, message) => {
    expect(messages(new RunBuilder().aftermath({ [name]: 2 }))).toEqual([message])
  })

  it('finds a body that nobody dealt with, and names the first', () => {
    const run = new RunBuilder().aftermath()
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 1, { status: 500, bodyDone: false })
    expect(messages(run)).toEqual([expect.stringMatching(/^1 bodies .* c1$/)])
  })

  it('asks for no body where no headers came', () => {
    const run = new RunBuilder().aftermath()
    run.lost(run.call(), 0).bodyDone = false
    expect(messages(run)).toEqual([])
  })

  it('finds what was thrown into nowhere, whether or not the calls settled', () => {
    const unhandled = ['unhandled rejection: Error: lost']
    expect(messages(new RunBuilder().aftermath({ unhandled, settled: true }))).toEqual(unhandled)
    expect(messages(new RunBuilder().aftermath({ unhandled, settled: false }))).toEqual(unhandled)
  })

  it('does not ask for a clean end where calls never ended', () => {
    expect(messages(new RunBuilder().aftermath({ settled: false, timersLeft: 3 }))).toEqual([])
  })

  it('finds requests of a long run that begin or end after it has ended', () => {
    const work = makeWork({ endedAtMs: 2_000 })
    const run = new RunBuilder().aftermath()
    run.call(0, { work, settledAtMs: 2_000 })
    expect(messages(run)).toEqual([])
    run.call(1_900, { work, settledAtMs: 2_001 })
    run.call(2_001, { work })
    expect(messages(run)).toEqual([expect.stringMatching(/^2 requests of a long run/)])
  })

  it('judges nothing before the end', () => {
    expect(nothingLeftBehind.judge(new RunBuilder().build())).toEqual({ checks: 0, violations: [] })
  })
})
