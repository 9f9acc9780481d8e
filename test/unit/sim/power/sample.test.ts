import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../../sim/power/candidates.ts'
import { drawSample, selectOnly } from '../../../../sim/power/sample.ts'

function candidates(module: string, count: number): Candidate[] {
  return Array.from({ length: count }, (_unused, index) => ({
    id: `${module}/a${index % 3}.ts number ${index}`,
    file: `${module}/a${index % 3}.ts`,
    module,
    operator: 'number',
    line: 1,
    start: 0,
    end: 1,
    from: '1',
    to: '0',
    statement: undefined,
  }))
}

const all = [
  ...candidates('limiter', 600),
  ...candidates('retry', 300),
  ...candidates('fetch', 20),
  ...candidates('batch', 80),
]
const idsOf = (sample: readonly Candidate[]): string[] => sample.map(({ id }) => id)

describe('drawSample', () => {
  it('gives each module its share, and a small one ten', () => {
    const sample = drawSample(all, { count: 100, seed: 1 })
    const countOf = (name: string): number => sample.filter(({ module }) => module === name).length
    expect(['limiter', 'retry', 'fetch', 'batch'].map(countOf)).toEqual([60, 30, 10, 10])
  })

  it('is the same for the same seed and another for another', () => {
    const first = idsOf(drawSample(all, { count: 100, seed: 1 }))
    expect(idsOf(drawSample(all, { count: 100, seed: 1 }))).toEqual(first)
    expect(idsOf(drawSample(all, { count: 100, seed: 2 }))).not.toEqual(first)
  })

  it('exchanges few when a few candidates are new', () => {
    const before = new Set(idsOf(drawSample(all, { count: 100, seed: 1 })))
    const more = [...candidates('limiter', 610).slice(600), ...all]
    const after = idsOf(drawSample(more, { count: 100, seed: 1 }))
    expect(after.filter((id) => !before.has(id)).length).toBeLessThan(5)
  })
})

describe('selectOnly', () => {
  it('takes a file, a folder or a name', () => {
    expect(selectOnly(all, 'src/fetch/a1.ts')).toHaveLength(7)
    expect(selectOnly(all, 'fetch/')).toHaveLength(20)
    expect(selectOnly(all, 'fetch')).toHaveLength(20)
    expect(idsOf(selectOnly(all, 'fetch/a1.ts number 4'))).toEqual(['fetch/a1.ts number 4'])
    expect(selectOnly(all, 'fet')).toEqual([])
    expect(selectOnly(all, 'fetch, retry/a1.ts')).toHaveLength(120)
  })
})
