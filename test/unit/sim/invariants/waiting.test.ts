import { describe, expect, it } from 'vitest'
import { waitingStretches, without } from '../../../../sim/invariants/waiting.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

describe('waitingStretches', () => {
  it('joins waits that overlap or meet, and parts those that do not', () => {
    const run = new RunBuilder()
    run.acquire(0, { grantedAtMs: 50 })
    run.acquire(10, { grantedAtMs: 20 })
    run.acquire(50, { grantedAtMs: 60 })
    run.acquire(61, { grantedAtMs: 70 })
    expect(waitingStretches(run.build(), 'chat', 100)).toEqual([
      { fromMs: 0, toMs: 60 },
      { fromMs: 61, toMs: 70 },
    ])
  })

  it('ends a wait with a refusal by the limiter, and lets one that never ends last to the end', () => {
    const run = new RunBuilder()
    run.acquire(0, { grantedAtMs: undefined, failedAtMs: 30 })
    run.acquire(40, { grantedAtMs: undefined })
    expect(waitingStretches(run.build(), 'chat', 100)).toEqual([
      { fromMs: 0, toMs: 30 },
      { fromMs: 40, toMs: 100 },
    ])
  })

  it('keeps classes apart', () => {
    const run = new RunBuilder()
    run.acquire(0, { grantedAtMs: 50, endpoint: 'images' })
    expect(waitingStretches(run.build(), 'chat', 100)).toEqual([])
  })
})

describe('without', () => {
  const whole = [{ fromMs: 10, toMs: 90 }]

  it.each([
    ['before', { fromMs: 0, toMs: 10 }, [[10, 90]]],
    ['after', { fromMs: 90, toMs: 99 }, [[10, 90]]],
    [
      'in the middle',
      { fromMs: 30, toMs: 40 },
      [
        [10, 30],
        [40, 90],
      ],
    ],
    ['at the beginning', { fromMs: 0, toMs: 40 }, [[40, 90]]],
    ['at the end', { fromMs: 80, toMs: 99 }, [[10, 80]]],
    ['all over', { fromMs: 0, toMs: 99 }, []],
    [
      'of no length',
      { fromMs: 50, toMs: 50 },
      [
        [10, 50],
        [50, 90],
      ],
    ],
  ])('cuts an interruption %s', (_case, cut, parts) => {
    const left = without(whole, [cut]).map(({ fromMs, toMs }) => [fromMs, toMs])
    expect(left).toEqual(parts)
  })
})
