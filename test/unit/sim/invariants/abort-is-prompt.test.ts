import { describe, expect, it } from 'vitest'
import { abortIsPrompt } from '../../../../sim/invariants/abort-is-prompt.ts'
import type { CallRecord } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const aborted: Partial<CallRecord> = {
  abortedAtMs: 500,
  settledAtMs: 500,
  outcome: 'rejected',
  error: 'SimulatedAbort',
}

function messages(run: RunBuilder): string[] {
  return abortIsPrompt.judge(run.build()).violations.map(({ message }) => message)
}

describe('abort-is-prompt', () => {
  it('holds for a call that ends in that instant and sent nothing after it', () => {
    const run = new RunBuilder()
    const call = run.call(0, aborted)
    run.acquire(0, { call })
    run.attempt(call, 0)
    run.attempt(call, 500)
    expect(abortIsPrompt.judge(run.build())).toEqual({ checks: 1, violations: [] })
  })

  it.each<[string, Partial<CallRecord>, string]>([
    ['ends later', { settledAtMs: 501 }, 'settles at 501'],
    ['never ends', { settledAtMs: undefined, outcome: 'pending' }, 'settles at undefined'],
    ['resolves', { outcome: 'resolved', error: undefined }, 'aborted and resolved'],
    ['rejects with an error of its own', { error: 'AbortError' }, 'rejected with AbortError'],
  ])('finds a call that %s', (_case, changes, text) => {
    const run = new RunBuilder()
    run.call(0, { ...aborted, ...changes })
    expect(messages(run)).toEqual([expect.stringContaining(text)])
  })

  it('finds a request that is sent after the abort', () => {
    const run = new RunBuilder()
    run.attempt(run.call(0, aborted), 501)
    expect(messages(run)).toEqual(['c0/1 is sent after the abort at 500'])
  })

  it('finds quota that is spent after the abort, though nothing is sent', () => {
    const run = new RunBuilder()
    run.acquire(0, { call: run.call(0, aborted), grantedAtMs: 700 })
    expect(messages(run)).toEqual([expect.stringContaining('granted quota at 700')])
  })

  it('does not take a grant for a retry, whose call is not known, as spent', () => {
    const run = new RunBuilder()
    run.call(0, aborted)
    run.acquire(0, { grantedAtMs: 700 })
    expect(messages(run)).toEqual([])
  })

  it('judges nothing where nobody aborts, nor where the interface has no signal', () => {
    const calm = new RunBuilder()
    calm.call()
    expect(abortIsPrompt.judge(calm.build()).checks).toBe(0)
    const contract = new RunBuilder({ scenario: { interface: 'contract' } })
    contract.call(0, { abortedAtMs: 1 })
    expect(abortIsPrompt.judge(contract.build())).toEqual({ checks: 0, violations: [] })
  })
})
