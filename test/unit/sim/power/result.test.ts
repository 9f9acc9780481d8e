import { describe, expect, it } from 'vitest'
import type { Hunt } from '../../../../sim/power/hunt.ts'
import { powerDefaults } from '../../../../sim/power/options.ts'
import type { Reason } from '../../../../sim/power/reasons.ts'
import { formatResult, renderPower } from '../../../../sim/power/render.ts'
import {
  explainAnew,
  isStandard,
  isStrong,
  toPowerResult,
  type PowerResult,
} from '../../../../sim/power/result.ts'
import type { Hunted } from '../../../../sim/power/run-mutants.ts'

function hunted(id: string, more: Partial<Hunt>): Hunted {
  return {
    mutant: {
      id: `retry/${id}.ts number 1`,
      file: `retry/${id}.ts`,
      module: 'retry',
      operator: 'number',
      line: 3,
      start: 0,
      end: 1,
      from: 'a |\n  b',
      to: '2',
      statement: undefined,
    },
    hunt: {
      outcome: 'survived',
      by: [],
      message: '',
      seed: undefined,
      runs: 4,
      seeds: 4,
      tracesChanged: 0,
      isCutShort: false,
      tookMs: 1,
      ...more,
    },
  }
}

const found = Array.from({ length: 19 }, (_unused, index) =>
  hunted(`found-${index}`, { outcome: 'found', by: ['abort-is-prompt'], seed: 2 }),
)

const standard = {
  sample: powerDefaults.mutants,
  seed: powerDefaults.seed,
  seeds: { first: 1, last: powerDefaults.runs },
  seconds: powerDefaults.seconds,
}

function resultOf(more: readonly Hunted[], reasons: readonly Reason[] = []): PowerResult {
  const byId = new Map(reasons.map((reason) => [reason.id, reason]))
  const identity = { ...standard, candidates: { retry: 30 } }
  return toPowerResult([...found, ...more], byId, identity)
}

const idOf = (name: string): string => `retry/${name}.ts number 1`

describe('toPowerResult', () => {
  it('takes the share of those that load and are not equivalent', () => {
    const result = resultOf(
      [hunted('same', {}), hunted('broken', { outcome: 'invalid' }), hunted('gap', {})],
      [
        { id: idOf('same'), verdict: 'equivalent', why: 'the same' },
        { id: idOf('gap'), verdict: 'missed', why: 'no scenario' },
      ],
    )
    expect(result.share).toBe(0.95)
    expect(result.fates).toMatchObject({ found: 19, equivalent: 1, invalid: 1, missed: 1 })
    expect(isStrong(result)).toBe(true)
  })

  it('is not strong below 95 %, without a reason, or with one that is refuted', () => {
    const gap = { verdict: 'missed', why: 'no scenario' } as const
    const two = ['one', 'two'].map((name) => ({ id: idOf(name), ...gap }))
    expect(isStrong(resultOf([hunted('one', {}), hunted('two', {})], two))).toBe(false)
    expect(isStrong(resultOf([hunted('one', {})]))).toBe(false)
    const refuted = resultOf([], [{ id: idOf('found-3'), ...gap }])
    expect(refuted.refuted).toEqual([idOf('found-3')])
    expect(isStrong(refuted)).toBe(false)
    expect(isStrong(resultOf([]))).toBe(true)
  })

  it('is the same with reasons that came later as with those of its time', () => {
    const why = [{ id: idOf('gap'), verdict: 'untold', why: 'a wait' }] as const
    const later = explainAnew(resultOf([hunted('gap', {})]), new Map([[idOf('gap'), why[0]]]))
    expect(later).toEqual(resultOf([hunted('gap', {})], why))
    expect(explainAnew(later, new Map())).toEqual(resultOf([hunted('gap', {})]))
  })

  it('is that of reports/ only where nothing else was asked for', () => {
    const result = resultOf([])
    expect(isStandard(result)).toBe(true)
    expect(isStandard({ ...result, seconds: 5 })).toBe(true)
    expect(isStandard({ ...result, sample: undefined })).toBe(false)
    expect(isStandard({ ...result, seed: 2 })).toBe(false)
    expect(isStandard({ ...result, seeds: { first: 1, last: 5 } })).toBe(false)
  })

  it('is shown with what survives, apart from what is never executed', () => {
    const result = resultOf([hunted('gap', {}), hunted('far', { outcome: 'unreached', runs: 0 })])
    const [survivors = '', unreached = ''] = renderPower(result)
      .split('## Survivors')[1]!
      .split('## Never executed')
    expect(survivors).toContain(
      String.raw`| ${'`'}src/retry/gap.ts:3${'`'} | ${'`'}a \| b${'`'} becomes ${'`'}2${'`'} |`,
    )
    expect(survivors).not.toContain('far.ts')
    expect(unreached).toContain('src/retry/far.ts:3')
    expect(formatResult(result)).toContain('21 planted: 19 found')
  })
})
