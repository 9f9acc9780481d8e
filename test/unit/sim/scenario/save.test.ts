/** Scenarios in files. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../../../sim/flags.ts'
import { drawScenario } from '../../../../sim/scenario/draw-scenario.ts'
import { readSaved, readScenario, saveScenario } from '../../../../sim/scenario/save.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-save-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const scenario = drawScenario(14, { isShipped: true, profile: 'documented' })
const finding = { invariant: 'uses-the-quota', subject: 'test/my subject.ts', message: 'unused' }

describe('a saved scenario', () => {
  it('is read as it was, with what it has shown', () => {
    const file = saveScenario(join(folder, 'new'), scenario, finding)
    expect(readSaved(file)).toEqual({ scenario, finding })
    expect(readScenario(file)).toEqual(scenario)
  })

  it('is named for its subject, invariant and seed', () => {
    expect(saveScenario(folder, scenario, finding)).toBe(
      join(folder, 'my_subject-uses-the-quota-14.json'),
    )
  })

  it('has a line for each of its parts', async () => {
    const text = await readFile(saveScenario(folder, scenario, finding), 'utf8')
    expect(text.split('\n')).toHaveLength(Object.keys(scenario).length + 4)
  })

  it('may be one that the simulator has printed', async () => {
    const file = join(folder, 'printed.json')
    await writeFile(file, JSON.stringify(scenario))
    expect(readSaved(file)).toEqual({ scenario, finding: undefined })
  })

  it.each([
    ['no JSON', 'seed 7'],
    ['no scenario', '{"seed":7}'],
  ])('is refused where it is %s', async (_what, text) => {
    const file = join(folder, 'wrong.json')
    await writeFile(file, text)
    expect(() => readSaved(file)).toThrow(UsageError)
  })
})
