/** The simulator's command line as its users meet it: exits, the JSON, replays, and the same trace in every process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSimulator, type SimulatorRun } from '../helpers/run-sim.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (...args: string[]): Promise<SimulatorRun> => runSimulator(args, { timeoutMs: 120_000 })

describe('a run that several machines share', () => {
  it('comes to what one machine finds', async () => {
    const parts = await mkdtemp(join(folder, 'parts-'))
    const shards = ['1/3', '2/3', '3/3']
    const found = await Promise.all(shards.map((shard) => run('--runs', '7', '--shard', shard)))
    for (const [index, { exitCode, report }] of found.entries()) {
      expect(exitCode).toBe(0)
      await writeFile(join(parts, `${index}.json`), JSON.stringify(report))
    }
    const [merged, single] = [await run('--merge', parts), await run('--runs', '7')]
    expect(merged.exitCode).toBe(0)
    expect(merged.report).toEqual(single.report)
    expect(merged.report?.checks['same-seed-same-trace']).toBeGreaterThan(0)
  })
})

describe('a seed', () => {
  it('gives the same trace hash in every process, with once and twice the drain turns', async () => {
    const runs = await Promise.all([
      run('--seed', '7'),
      run('--seed', '7'),
      run('--seed', '7', '--drain-turns', '2'),
    ])
    const hashes = runs.map(({ report }) => report?.traceHash)
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set(hashes).size).toBe(1)
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
  })

  it('gives another trace hash than other seeds', async () => {
    const [seven, eight] = await Promise.all([run('--seed', '7'), run('--seed', '8')])
    expect(seven.report?.traceHash).not.toBe(eight.report?.traceHash)
  })

  it('prints its scenario, its trace and its trace hash', async () => {
    const { output, report } = await run('--seed', '16')
    expect(output).toContain(`trace hash: ${report?.traceHash}`)
    expect(output).toMatch(/^\d+ c\d+\/1 sent$/m)
    expect(output).toContain('scenario: {"seed":16,')
  })
})

describe('the naive code', () => {
  let naive: SimulatorRun

  beforeAll(async () => {
    naive = await run('--subject', 'naive', '--runs', '20', '--save', folder)
  }, 120_000)

  it('breaks the promises that it is known to break, and ends 1', () => {
    const found = new Set(naive.report?.violations.map(({ invariant }) => invariant))
    expect(naive.exitCode).toBe(1)
    expect([...found]).toEqual(
      expect.arrayContaining([
        'never-exceeds-quota',
        'every-call-settles-once',
        'drains-after-faults',
        'retry-after-is-honoured',
      ]),
    )
  })

  it('is counted run by run', () => {
    const { report } = naive
    const failed = new Set(report?.violations.map(({ seed }) => seed))
    expect(report).toMatchObject({ subject: 'naive', profile: 'documented', runs: 20 })
    expect(report?.passed).toBe(20 - failed.size)
    expect(report?.checks['same-seed-same-trace']).toBeGreaterThan(0)
  })

  it('is convicted again by each printed replay, with the same trace hash', async () => {
    const printed = [
      ...naive.output.matchAll(/trace hash: (\w+)\n {2}replay: npm run sim -- (.*)/g),
    ]
    expect(printed.length).toBeGreaterThanOrEqual(4)
    for (const [, traceHash, flags] of printed) {
      const replayed = await run(...(flags ?? '').split(' '))
      expect(replayed.exitCode).toBe(1)
      expect(replayed.report?.traceHash).toBe(traceHash)
    }
  })

  it('is convicted of the same by each small scenario, as its printed replay runs it from its file', async () => {
    const printed = [
      ...naive.output.matchAll(
        /FAILED (\S+)\n[^]*?shrunk from \d+ commands to (\d+), [^]*?\n {2}saved: (.*)\n {2}replay it: npm run sim -- (.*)/g,
      ),
    ]
    expect(printed.length).toBeGreaterThanOrEqual(4)
    for (const [, invariant, commands, file = '', flags = ''] of printed) {
      expect(file.startsWith(folder)).toBe(true)
      expect(Number(commands)).toBeLessThanOrEqual(6)
      const { exitCode, report } = await run(...flags.split(' '))
      expect({ exitCode, runs: report?.runs, subject: report?.subject }).toEqual({
        exitCode: 1,
        runs: 1,
        subject: 'naive',
      })
      expect(report?.violations.map((violation) => violation.invariant)).toContain(invariant)
      // It is a file that is run, and no seed.
      expect(report?.violations[0]?.replay).toBe(`npm run sim -- ${flags}`)
    }
  })

  it('is convicted by a shrunk scenario that was copied from the screen', async () => {
    const shrunk = /shrunk scenario, for --scenario FILE: (.*)/.exec(naive.output)?.[1]
    const file = join(folder, 'scenario.json')
    await writeFile(file, shrunk ?? '')
    const { exitCode, report } = await run('--subject', 'naive', '--scenario', file)
    expect({ exitCode, runs: report?.runs }).toEqual({ exitCode: 1, runs: 1 })
  })
})

describe('a subject that is not deterministic', () => {
  it('is named', async () => {
    const file = join(folder, 'unseeded.mjs')
    await writeFile(
      file,
      `export function createLimiter({ maxPerMinute, arrivalBoundMs }) {
  let nextMs = 0
  return {
    acquire: () => {
      nextMs = Math.max(nextMs, performance.now()) + (60_100 + arrivalBoundMs) / maxPerMinute
      return new Promise((resolve) => setTimeout(resolve, nextMs - performance.now() + (process.pid % 19)))
    },
  }
}
`,
    )
    const { exitCode, report } = await run('--subject', file, '--seeds', '1..8')
    expect(exitCode).toBe(1)
    const found = report?.violations.filter(({ invariant }) => invariant === 'same-seed-same-trace')
    expect(found?.length).toBeGreaterThan(0)
    for (const { atMs, message } of found ?? []) {
      // Both lines of the first event that differs, at its time, after lines that they have in common.
      const [, line, other] = /\n {2}first {2}(.*)\n {2}again {2}(.*)$/.exec(message) ?? []
      expect(message).toMatch(/event \d+ of \d+ and \d+ is the first that differs\n {9}\d+ /)
      expect(line).not.toBe(other)
      expect(Math.min(Number.parseFloat(line ?? ''), Number.parseFloat(other ?? ''))).toBe(atMs)
    }
  })
})

describe('a wrong command line', () => {
  it.each([
    [['--sead', '7'], '--sead'],
    [['--runs', 'many'], '--runs: expected a whole number of at least 1, received "many"'],
    [['--seeds', '9..2'], '--seeds: expected A..B'],
    [['--seed', '1', '--runs', '2'], '--runs and --seed exclude each other'],
    [['--profile', 'gold'], '--profile: expected mixed, documented, tier-free'],
    [
      ['--transport', 'pigeon'],
      '--transport: expected direct or inject or loopback, received "pigeon"',
    ],
    [['--scenario', 'missing.json'], '--scenario missing.json'],
  ])('%j ends 2 and says why', async (args, message) => {
    const { exitCode, output, report } = await run(...args)
    expect({ exitCode, report }).toEqual({ exitCode: 2, report: undefined })
    expect(output).toContain(message)
  })

  it('is explained by --help, which ends 0', async () => {
    const { exitCode, output } = await run('--help')
    expect(exitCode).toBe(0)
    expect(output).toContain('--subject FILE|NAME')
  })
})
