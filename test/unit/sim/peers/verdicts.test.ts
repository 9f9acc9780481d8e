import { describe, expect, it } from 'vitest'
import type { FoundViolation, RunSummary } from '../../../../sim/judge.ts'
import { judgePeer, reportFailure } from '../../../../sim/peers/verdicts.ts'
import type { Peer } from '../../../../sim/subjects/peers.ts'

const peer: Peer = { name: 'queue', package: 'a-queue', part: 'limiter', setup: 'cap N' }

function summary(seed: number, parts: Partial<RunSummary> = {}): RunSummary {
  return { seed, traceHash: '', violations: [], checks: {}, met: [], ...parts }
}

function violation(seed: number, parts: Partial<FoundViolation> = {}): FoundViolation {
  return { invariant: 'fifo-within-key', seed, atMs: 5, message: `m${seed}`, ...parts }
}

describe('judgePeer', () => {
  it('counts the runs that break an invariant, and keeps the first', () => {
    const summaries = [
      summary(1, { checks: { 'fifo-within-key': 3, 'uses-the-quota': 1 } }),
      summary(2, { violations: [violation(2)], checks: { 'fifo-within-key': 3 } }),
      summary(3, { violations: [violation(3)], checks: { 'uses-the-quota': 2 } }),
    ]
    expect(judgePeer(peer, '1.2.3', summaries)).toEqual({
      ...peer,
      version: '1.2.3',
      runs: 3,
      passed: 1,
      broken: { 'fifo-within-key': { runs: 2, seed: 2, message: 'm2' } },
      holds: { 'uses-the-quota': 3 },
    })
  })

  it('takes what was looked at nowhere for not judged', () => {
    const summaries = [summary(1, { checks: { 'abort-is-prompt': 0 } })]
    expect(judgePeer(peer, '1.2.3', summaries)).toMatchObject({ holds: {}, broken: {} })
  })

  it('counts nothing after a run that has no end, whatever other processes finished', () => {
    const hang = violation(2, {
      invariant: 'every-call-settles-once',
      hangs: true,
      message: 'busy',
    })
    const verdicts = judgePeer(peer, '1.2.3', [
      summary(1),
      summary(2, { violations: [hang] }),
      summary(3, { violations: [violation(3)] }),
    ])
    expect(verdicts).toMatchObject({ runs: 2, passed: 1, endedBy: 'seed 2: busy' })
    expect(Object.keys(verdicts.broken)).toEqual(['every-call-settles-once'])
  })
})

describe('reportFailure', () => {
  it('gives a row without verdicts that says why', () => {
    expect(reportFailure(peer, '1.2.3', new Error('cannot be loaded'))).toMatchObject({
      name: 'queue',
      runs: 0,
      broken: {},
      holds: {},
      endedBy: 'cannot be loaded',
    })
  })
})
