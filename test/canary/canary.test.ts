/**
 * The simulator judges modules that it has not seen: each broken one is named by the right invariant, each correct one
 * passes in silence. A simulator that lets a broken one pass, or blames a correct one, is what these tests find.
 */
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { huntAll, type Hunt } from '../helpers/hunt.ts'
import { runSimulator, type SimulatorRun } from '../helpers/run-sim.ts'

/** A defect that so many seeds do not show is one that the simulator misses. */
const runsToFind = 120
/** Seeds in which a correct module has to be blamed for nothing. */
const runsInSilence = 40
const timeoutMs = 120_000
const commandsMax = 6
/** Of a processor's time: how many others share it says nothing of the search. */
const shrinkMsMax = 10_000

const invariants = new Set([
  'never-exceeds-quota',
  'concurrency-caps-hold',
  'fifo-within-key',
  'every-call-settles-once',
  'retry-after-is-honoured',
  'only-retryable-is-retried',
  'attempts-are-bounded',
  'gives-up-for-a-reason',
  'retry-budget-holds',
  'permits-are-conserved',
  'abort-is-prompt',
  'nothing-left-behind',
  'results-match-requests',
  'fallback-is-tried',
  'waits-after-a-conflict',
  'accounting-adds-up',
  'uses-the-quota',
  'drains-after-faults',
  'throughput-recovers',
  'adapts-to-refusals',
  'overload-keeps-the-rate',
  'finds-the-rate',
  'same-seed-same-trace',
])

interface Subject {
  readonly name: string
  readonly file: string
  /** Broken: acceptable verdicts. Correct: what must have been checked. */
  readonly names: readonly string[]
  /** What the seeds press on that can show the defect of a variant; all seeds where it is not said. */
  readonly themes?: readonly string[]
  /** Only what goes through the fetch can show the defect. */
  readonly viaFetch?: boolean
}

const broken = await loadSubjects('broken')
/** The shipped module with one thing wrong, of what modules from outside have no interface for. */
const variants = await loadSubjects('variants')
const correct = await loadSubjects('correct')

describe('the subjects', () => {
  it('are twenty broken and six correct ones at least', () => {
    expect(broken.length).toBeGreaterThanOrEqual(20)
    expect(correct.length).toBeGreaterThanOrEqual(6)
  })

  it.each([...broken, ...variants, ...correct])(
    '$name names invariants of the design only',
    ({ names }) => {
      expect(names.length).toBeGreaterThan(0)
      expect(names.filter((name) => !invariants.has(name))).toEqual([])
    },
  )
})

let hunts: Map<string, Hunt>

beforeAll(async () => {
  hunts = await huntAll([
    ...[...broken, ...variants].map(({ name: _name, names, ...subject }) => ({
      ...subject,
      wanted: names,
      runsMax: runsToFind,
    })),
    ...correct.map(({ file }) => ({ file, wanted: [], runsMax: runsInSilence })),
  ])
}, 600_000)

describe('a broken module', () => {
  it.each([...broken, ...variants])('$name is named', ({ file, names }) => {
    const found = Object.keys(hunts.get(file)?.violations ?? {})
    expect(
      names.filter((name) => found.includes(name)),
      `expected one of ${names.join(', ')}; found ${found.join(', ')}`,
    ).not.toEqual([])
    // The subjects keep the quota unless their defect says otherwise: a verdict beside the point is wrong, too.
    if (!names.includes('never-exceeds-quota')) expect(found).not.toContain('never-exceeds-quota')
  })
})

describe('what shows the defect of a broken module', () => {
  it.each([...broken, ...variants])(
    'shrinks to six commands at the most within ten seconds: $name',
    ({ file, names }) => {
      const shrunk = hunts.get(file)?.shrunk
      expect(names).toContain(shrunk?.invariant)
      expect(shrunk?.commands.length).toBeGreaterThan(0)
      expect(shrunk?.commands.length, shrunk?.commands.join('\n')).toBeLessThanOrEqual(commandsMax)
      expect(shrunk?.workMs).toBeLessThan(shrinkMsMax)
    },
  )

  it('is found among more: most scenarios have more commands before', () => {
    const before = [...broken, ...variants].map(
      ({ file }) => hunts.get(file)?.shrunk?.commandsBefore ?? 0,
    )
    expect(before.filter((count) => count > commandsMax).length).toBeGreaterThan(before.length / 4)
  })
})

describe('a correct module', () => {
  it.each(correct)('$name passes in silence', ({ file, names }) => {
    const hunt = hunts.get(file)
    expect(hunt).toMatchObject({ violations: {}, runs: runsInSilence })
    expect(names.filter((name) => (hunt?.checks[name] ?? 0) === 0)).toEqual([])
  })
})

describe('a module outside the project', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'canary-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it.each(['one-slot-too-many.mjs', 'newest-first.ts'])('is judged: %s', async (name) => {
    const subject = broken.find(({ file }) => file.endsWith(name))
    const copy = join(directory, name)
    await copyFile(subject?.file ?? name, copy)
    const { exitCode, report, output } = await judge(copy)
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 })
    const first = report?.violations[0]
    expect(report?.violations.map(({ invariant }) => invariant)).toContain(subject?.names[0])
    expect(first?.replay).toContain(copy)
    expect(first?.replay).toContain(`--seed ${first?.seed}`)
  })

  it('ends 2 where the file is missing', async () => {
    const { exitCode, report, output } = await judge(join(directory, 'missing.mjs'))
    expect({ exitCode, report, output }).toMatchObject({ exitCode: 2, report: undefined })
    expect(output).toContain('missing.mjs')
  })

  it('ends 2 where it exports neither createLimiter nor retry', async () => {
    const file = join(directory, 'neither.mjs')
    await writeFile(file, 'export const createLimitter = () => ({ acquire: async () => {} })\n')
    const { exitCode, report, output } = await judge(file)
    expect({ exitCode, report, output }).toMatchObject({ exitCode: 2, report: undefined })
    expect(output).toContain('createLimiter')
  })
})

function judge(file: string): Promise<SimulatorRun> {
  return runSimulator(['--subject', file, '--seeds', '1..40'], { timeoutMs })
}

async function loadSubjects(kind: 'broken' | 'correct' | 'variants'): Promise<Subject[]> {
  const directory = fileURLToPath(new URL(`subjects/${kind}/`, import.meta.url))
  const files = (await readdir(directory)).toSorted().map((name) => join(directory, name))
  return Promise.all(files.map(loadSubject))
}

async function loadSubject(file: string): Promise<Subject> {
  const module: {
    expectedInvariants?: string[]
    relevantChecks?: string[]
    themes?: string[]
    viaFetch?: boolean
  } = await import(pathToFileURL(file).href)
  return {
    name: file.slice(file.lastIndexOf('/') + 1),
    file,
    names: module.expectedInvariants ?? module.relevantChecks ?? [],
    ...(module.themes === undefined ? {} : { themes: module.themes }),
    ...(module.viaFetch === undefined ? {} : { viaFetch: module.viaFetch }),
  }
}
