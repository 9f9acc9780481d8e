/** Modules that are no fair subjects: each has to be named, by the right exit, however it is run. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSimulator, type SimulatorRun } from '../helpers/run-sim.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-odd-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(text: string, ...flags: string[]): Promise<SimulatorRun> {
  const file = join(folder, `subject-${text.length}.mjs`)
  await writeFile(file, text)
  return runSimulator(['--subject', file, ...flags], { timeoutMs: 120_000 })
}

describe.each([
  ['alone', ['--seed', '1']],
  ['in a worker', ['--runs', '1']],
])('%s', (_where, flags) => {
  it.each([
    ['throws', 'export function createLimiter() { throw new Error("no room") }', 'no room'],
    ['returns nothing', 'export function createLimiter() {}', 'received undefined'],
    ['is a class', 'export class createLimiter { acquire() {} }', 'without'],
  ])('a createLimiter that %s is the user’s mistake: exit 2', async (_how, text, named) => {
    const { exitCode, output } = await run(text, ...flags)
    expect(output).toContain(named)
    expect(exitCode).toBe(2)
  })

  it('a retry that ends the process breaks a promise: exit 1', async () => {
    const { exitCode } = await run('export function retry() { process.exit(0) }', ...flags)
    expect(exitCode).toBe(1)
  })
})

describe('a module', () => {
  it('that awaits for ever cannot be loaded: exit 2', async () => {
    const { exitCode, output } = await run(
      'await new Promise(() => {})\nexport function retry() {}',
    )
    expect(output).toContain('awaits for ever')
    expect(exitCode).toBe(2)
  })

  it('can be named by its URL', async () => {
    const file = join(folder, 'by-url.mjs')
    await writeFile(file, 'export const nothing = 1')
    const subject = pathToFileURL(file).href
    const { exitCode, output } = await runSimulator(['--subject', subject], { timeoutMs: 60_000 })
    expect(output).toContain('expected an export createLimiter or retry')
    expect(exitCode).toBe(2)
  })

  it.each(['', '.'])('is a file, not %j', async (subject) => {
    const { exitCode, output } = await runSimulator(['--subject', subject], { timeoutMs: 60_000 })
    expect(output).toMatch(/^subject.*(no such file|expected a name)/)
    expect(exitCode).toBe(2)
  })

  it.each(['mjs', 'cjs'])('%s keeps nothing from one run to the next', async (kind) => {
    // Were its variables still those of the seed before, it would throw in the second run.
    const text =
      `let startMs\n` +
      `export function createLimiter() {\n` +
      `  startMs ??= performance.now()\n` +
      `  if (startMs !== performance.now()) throw new Error('stale state')\n` +
      `  startMs = -1\n` +
      `  return { acquire: () => new Promise(() => {}) }\n` +
      `}\n`
    const file = join(folder, `state.${kind}`)
    const written =
      kind === 'cjs' ? text.replace('export function', 'exports.createLimiter = function') : text
    await writeFile(file, written)
    const { output } = await runSimulator(['--subject', file, '--runs', '3'], {
      timeoutMs: 120_000,
    })
    expect(output).not.toContain('stale state')
  })
})
