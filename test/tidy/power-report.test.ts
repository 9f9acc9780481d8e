/** The committed report on planted defects adds up, and is about code and reasons that there are. */
import { describe, expect, it } from 'vitest'
import { beyond } from '../../sim/power/beyond.ts'
import { findCandidates } from '../../sim/power/candidates.ts'
import type { Reason } from '../../sim/power/reasons.ts'
import { renderPower } from '../../sim/power/render.ts'
import { countFates, explainAnew, isStandard, type PowerResult } from '../../sim/power/result.ts'
import { functionName, isFunction, sitesIn } from '../../sim/power/syntax.ts'
import { projectFolder, readProjectFile } from './documents.ts'

const report: PowerResult & { command: string } = JSON.parse(
  readProjectFile('reports/sim/power.json'),
)
const reasons: Reason[] = JSON.parse(readProjectFile('sim/power/survivors.json'))
const { command, ...result } = report

describe('reports/sim/power', () => {
  it('is that of the standard sample, a hundred defects or more of all four modules', () => {
    expect(command).toBe('npm run sim:power')
    expect(isStandard(result)).toBe(true)
    expect(result.planted).toBeGreaterThanOrEqual(100)
    const modules = new Set(result.mutants.map(({ module }) => module))
    expect([...modules].toSorted()).toEqual(['batch', 'fetch', 'limiter', 'retry'])
  })

  it('adds up', () => {
    const { mutants, planted, fates, share } = result
    expect(mutants).toHaveLength(planted)
    expect(countFates(mutants)).toEqual(fates)
    const able = planted - fates.invalid - fates.equivalent
    expect(share).toBeCloseTo(fates.found / able, 3)
    for (const { fate, by, seed } of mutants) {
      expect(by.length > 0 && seed !== undefined).toBe(fate === 'found')
    }
  })

  it('gives every survivor the reason that is written down, and no reason to what is found', () => {
    // Where the time was up, more seeds may find it: on a machine that does not run out of it, none is left.
    const open = result.mutants.filter(
      ({ fate, isCutShort }) => fate === 'unexplained' && !isCutShort,
    )
    expect(open).toEqual([])
    expect(result.refuted).toEqual([])
    const byId = new Map(reasons.map((reason) => [reason.id, reason]))
    expect(explainAnew(result, byId)).toEqual(result)
  })

  it('is the same as Markdown and as JSON, but for the times', () => {
    const [markdown, times] = readProjectFile('reports/sim/power.md').split('\n## Time\n')
    expect(`${markdown}`).toBe(renderPower(result))
    expect(times ?? '').not.toContain('\n## ')
  })
})

describe('the reasons', () => {
  it('are of defects that can be planted, each once and in words', async () => {
    // A defect whose own code has changed has another name now; it leaves when the report is made again.
    const ids = new Set([
      ...(await findCandidates(`${projectFolder}src`)).map(({ id }) => id),
      ...result.mutants.map(({ id }) => id),
    ])
    expect(reasons.filter(({ id }) => !ids.has(id))).toEqual([])
    expect(new Set(reasons.map(({ id }) => id)).size).toBe(reasons.length)
    expect(reasons.filter(({ why }) => why.length < 20)).toEqual([])
    const verdicts = new Set(reasons.map(({ verdict }) => verdict))
    expect(
      [...verdicts].filter((one) => !['equivalent', 'untold', 'missed'].includes(one)),
    ).toEqual([])
  })
})

describe('what is beyond the simulator', () => {
  it.each(beyond)('$file has what is named', ({ file, functions = [] }) => {
    const sites = sitesIn(readProjectFile(`src/${file}`), () => false)
    const names = sites.filter(({ node }) => isFunction(node)).map(({ node }) => functionName(node))
    expect(functions.filter((name) => !names.includes(name))).toEqual([])
  })
})
