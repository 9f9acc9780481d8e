import { describe, expect, it } from 'vitest'
import { retryBudgetHolds } from '../../../../sim/invariants/retry-budget-holds.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

/** Calls that each fail at their start and are retried once, a second later, in vain. */
function addRetried(
  run: RunBuilder,
  count: number,
  options: { fromMs: number; status?: number; process?: number },
): void {
  for (let index = 0; index < count; index += 1) {
    const { process = 0 } = options
    const call = run.call(options.fromMs + index, { process })
    run.attempt(call, options.fromMs + index, { status: options.status ?? 500 })
    run.attempt(call, options.fromMs + index + 100_000, { status: 500 })
  }
}

/** Calls that fail once. */
function addFailed(run: RunBuilder, count: number, fromMs: number): void {
  for (let index = 0; index < count; index += 1) {
    run.attempt(run.call(fromMs + index), fromMs + index, { status: 500 })
  }
}

describe('retry-budget-holds', () => {
  it('allows fifty retried failures and a tenth of the calls that first fail in the run', () => {
    const run = new RunBuilder()
    addRetried(run, 55, { fromMs: 0 })
    const { checks, violations } = retryBudgetHolds.judge(run.build())
    expect(checks).toBe(110)
    expect(violations).toEqual([])
  })

  it('finds the one that is over, at the end of that attempt', () => {
    const run = new RunBuilder()
    addRetried(run, 57, { fromMs: 0 })
    expect(retryBudgetHolds.judge(run.build()).violations).toEqual([
      { atMs: 155, message: expect.stringMatching(/^56 failures since 100 .* allowed are 55$/) },
    ])
  })

  it('counts calls that started in the run, though they have not failed yet', () => {
    const run = new RunBuilder()
    addFailed(run, 1, 0)
    for (let index = 0; index < 100; index += 1) {
      run.attempt(run.call(100), 200, { status: 500, headersAtMs: 500_000 })
    }
    addRetried(run, 60, { fromMs: 1_000 })
    expect(retryBudgetHolds.judge(run.build()).violations).toEqual([])
  })

  it('does not count calls that had failed before the run', () => {
    const run = new RunBuilder()
    const early = Array.from({ length: 57 }, (_unused, index) => run.call(index))
    for (const [index, call] of early.entries()) run.attempt(call, index, { status: 500 })
    run.attempt(run.call(200), 200)
    for (const [index, call] of early.entries()) {
      run.attempt(call, 1_000 + index, { status: 500 })
      run.attempt(call, 100_000 + index, { status: 500 })
    }
    const { violations } = retryBudgetHolds.judge(run.build())
    // The last success is that of the call at 200: before it 55 retried failures are allowed, after it 50.
    expect(violations.at(-1)).toMatchObject({
      message: expect.stringContaining('51 failures since 1100'),
    })
  })

  it.each([429, 409])('leaves failures with a %i apart', (status) => {
    const run = new RunBuilder()
    addRetried(run, 200, { fromMs: 0, status })
    expect(retryBudgetHolds.judge(run.build())).toEqual({ checks: 400, violations: [] })
  })

  it('does not take a 429 as the end of a run of failures', () => {
    const run = new RunBuilder()
    addRetried(run, 30, { fromMs: 0 })
    run.attempt(run.call(30), 30, { status: 429 })
    addRetried(run, 30, { fromMs: 31 })
    expect(retryBudgetHolds.judge(run.build()).violations).toHaveLength(1)
  })

  it('begins anew after a success, but not after a good answer that was cut', () => {
    for (const [whole, found] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const run = new RunBuilder()
      addRetried(run, 40, { fromMs: 0 })
      run.attempt(run.call(50), 50, { whole })
      addRetried(run, 40, { fromMs: 60 })
      expect(retryBudgetHolds.judge(run.build()).violations).toHaveLength(found)
    }
  })

  it('goes by the order in which attempts end, not in which they were sent', () => {
    const run = new RunBuilder()
    // Sent first, and its success ends last: it parts nothing.
    run.attempt(run.call(0), 0, { headersAtMs: 900_000 })
    addRetried(run, 57, { fromMs: 1 })
    expect(retryBudgetHolds.judge(run.build()).violations).toHaveLength(1)
  })

  it('gives each process a budget of its own, and no success to another', () => {
    const run = new RunBuilder()
    addRetried(run, 57, { fromMs: 0, process: 1 })
    const ours = run.build()
    ours.processes = 1
    expect(retryBudgetHolds.judge(ours).violations).toHaveLength(1)
    addRetried(run, 40, { fromMs: 0, process: 2 })
    run.attempt(run.call(50, { process: 2 }), 50)
    const both = run.build()
    both.processes = 2
    expect(retryBudgetHolds.judge(both).violations).toHaveLength(1)
  })

  it('has nothing to judge where nothing fails', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0)
    expect(retryBudgetHolds.judge(run.build())).toEqual({ checks: 0, violations: [] })
  })
})
