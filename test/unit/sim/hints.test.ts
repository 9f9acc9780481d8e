import { describe, expect, it } from 'vitest'
import { namedDelayMs } from '../../../sim/hints.ts'
import { epochMs, RunBuilder } from '../../helpers/run-record.ts'

/** The delay that these headers name in a 503 which came 100 ms after the run began. */
function named(
  hints: Record<string, string>,
  options: { ours?: boolean; status?: number } = {},
): number | undefined {
  const run = new RunBuilder({ traits: { shippedRetry: options.ours ?? true } })
  const attempt = run.attempt(run.call(), 0, { status: options.status ?? 503, hints })
  return namedDelayMs(attempt, run.build())
}

describe('namedDelayMs', () => {
  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': new Date(epochMs + 5_000).toUTCString() }, 4_900],
    [{ 'retry-after': new Date(epochMs - 5_000).toUTCString() }, 0],
    [{ 'retry-after-ms': '1950' }, 1_950],
    [{ 'retry-after-ms': '0.5' }, 0.5],
    [{ 'x-ratelimit-reset': '0.7' }, 700],
    [{}, undefined],
  ])('reads %j', (hints, delayMs) => {
    expect(named(hints)).toBe(delayMs)
  })

  it('takes the more exact hint before the usual, and the usual before the reset', () => {
    const reset = { 'x-ratelimit-reset': '9' }
    expect(named({ 'retry-after-ms': '1500', 'retry-after': '2', ...reset })).toBe(1_500)
    expect(named({ 'retry-after': '2', ...reset })).toBe(2_000)
  })

  it('falls back on the next where one is nonsense', () => {
    const reset = { 'x-ratelimit-reset': '9' }
    expect(named({ 'retry-after-ms': 'soon', 'retry-after': '2' })).toBe(2_000)
    expect(named({ 'retry-after': 'soon', ...reset })).toBe(9_000)
  })

  it('holds a retry from outside to retry-after alone', () => {
    const others = { 'retry-after-ms': '1500', 'x-ratelimit-reset': '9' }
    expect(named(others, { ours: false })).toBeUndefined()
    expect(named({ ...others, 'retry-after': '2' }, { ours: false })).toBe(2_000)
  })

  it('does not read a wait into the reset of a good answer', () => {
    expect(named({ 'x-ratelimit-reset': '9' }, { status: 200 })).toBeUndefined()
  })

  it.each(['Mon, 99 Jan 2026 00:00:00 GMT', 'Mon, 05 Foo 2026 00:00:00 GMT', '1e3', '+3', '3 s'])(
    'reads nothing from %j',
    (text) => {
      expect(named({ 'retry-after': text })).toBeUndefined()
    },
  )
})
