/**
 * The corpus: scenarios that once failed. The shipped module keeps every promise in each; the module for which it was saved
 * breaks the one that it broke then, or the scenario has become blunt.
 */
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { formatCorpus, judgeCorpus, readCorpus } from '../../sim/corpus.ts'
import { invariants } from '../../sim/invariants/index.ts'
import { findUnfair } from '../../sim/scenario/legal.ts'
import { listCommands } from '../../sim/scenario/commands.ts'
import type { Regress } from '../helpers/regress-process.ts'

const projectFolder = fileURLToPath(new URL('../../', import.meta.url))
const corpus = readCorpus()
/** More would be a second set of seeds; what is larger is not small. */
const filesMax = 80
const bytesMax = 3_000
const commandsMax = 6

let found: Map<string, Regress>

beforeAll(async () => {
  found = await runCorpus()
}, 240_000)

function runCorpus(): Promise<Map<string, Regress>> {
  const script = fileURLToPath(new URL('../helpers/regress-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: projectFolder,
    // Subjects are named from the project's folder.
    env: { ...process.env, INIT_CWD: projectFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const results = new Map<string, Regress>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A subject may print, too.
    if (!line.startsWith('{"file"')) return
    const result: Regress = JSON.parse(line)
    results.set(result.file, result)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(results)
      else reject(new Error(`the corpus ended with exit code ${code} after ${results.size} files`))
    })
  })
}

describe('the corpus', () => {
  it('is there, and small enough to be run before every other thing', () => {
    expect(corpus.length).toBeGreaterThan(20)
    expect(corpus.length).toBeLessThanOrEqual(filesMax)
  })

  it('shows violations of many invariants', () => {
    const names = new Set(corpus.map(({ finding }) => finding?.invariant))
    expect(names.size).toBeGreaterThanOrEqual(15)
  })

  it.each(corpus)('$file is small and fair, and says why it is kept', (entry) => {
    const { file, scenario, finding } = entry
    expect(statSync(`${projectFolder}${file}`).size).toBeLessThan(bytesMax)
    expect(listCommands(scenario).length).toBeLessThanOrEqual(commandsMax)
    expect(findUnfair(scenario)).toBeUndefined()
    expect(finding?.why?.length).toBeGreaterThan(20)
    expect(invariants.map(({ name }) => name)).toContain(finding?.invariant)
  })

  it.each(corpus)('$file: the shipped module keeps its promises', ({ file }) => {
    expect(found.get(file)?.shipped).toEqual([])
  })

  it.each(corpus)('$file: the module that broke one of them still does', ({ file, finding }) => {
    if (finding?.subject === 'shipped') return
    expect(found.get(file)?.subject).toContain(finding?.invariant)
  })
})

describe('judgeCorpus', () => {
  const invariant = 'uses-the-quota'
  const violation = { invariant, seed: 1, atMs: 7, message: 'it is idle' } as const

  it('names the file, the invariant and the replay of what fails', () => {
    const broken = { scenarios: 2, failures: [{ file: 'a.json', violations: [violation] }] }
    expect(formatCorpus(broken, (file) => `again ${file}`)).toBe(
      [
        'corpus: 1 of 2 scenarios hold',
        'FAILED uses-the-quota in a.json at 7 ms: it is idle',
        '  replay: again a.json',
      ].join('\n'),
    )
  })

  it('tries each scenario once, and tells those that fail', async () => {
    const texts: string[] = []
    const { scenarios, failures } = await judgeCorpus(async (scenario) => {
      texts.push(JSON.stringify(scenario))
      return { violations: texts.length === 2 ? [violation] : [] }
    })
    expect(texts).toEqual(corpus.map(({ scenario }) => JSON.stringify(scenario)))
    expect(scenarios).toBe(corpus.length)
    expect(failures).toEqual([{ file: corpus[1]?.file, violations: [violation] }])
  })
})
