/** A run that no seed decides fails, and says which line of code it is that leaves the simulated world. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSimulator } from '../helpers/run-sim.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
/** One of the shortest. */
const seed = '11'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-escapes-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A limiter that spaces its calls and does something more in its third line. */
function limiter(imports: string, act: string): string {
  return `${imports}
export const createLimiter = ({ maxPerMinute, arrivalBoundMs }) => ({ acquire: async () => {
  const extraMs = ${act}
  const nowMs = performance.now()
  nextMs = Math.max(nowMs, nextMs) + (60_100 + arrivalBoundMs) / maxPerMinute
  await new Promise((resolve) => setTimeout(resolve, nextMs - nowMs + (extraMs ?? 0)))
} })
let nextMs = 0
`
}

describe('a subject', () => {
  it.each([
    [
      'crypto.randomUUID',
      `import { randomUUID } from 'node:crypto'`,
      'Number.parseInt(randomUUID().slice(0, 2), 16)',
    ],
    [
      'an immediate of the host’s',
      `import { scheduler } from 'node:timers/promises'`,
      'await scheduler.yield()',
    ],
  ])('that uses %s is named with its line', async (what, imports, act) => {
    const file = join(folder, `${what.replaceAll(/\W+/g, '-')}.mjs`)
    await writeFile(file, limiter(imports, act))
    const { exitCode, report, output } = await runSimulator(['--subject', file, '--seed', seed], {
      timeoutMs: 120_000,
    })
    expect(exitCode).toBe(1)
    const found = report?.violations.find(({ invariant }) => invariant === 'same-seed-same-trace')
    expect(found?.message).toContain(`no seed decides ${what} at ${file}:3:`)
    expect(output).toContain('FAILED same-seed-same-trace')
  })
})

describe('a module of ours', () => {
  it.each([
    ['Math.random', 'retry/retry.ts', 'settings.random.next()', 'Math.random()'],
    ['performance.now', 'limiter/dispatcher.ts', 'this.#clock.now()', 'performance.now()'],
    ['new Date', 'retry/running-attempt.ts', 'settings.clock.now()', 'new Date().getTime()'],
  ])('that uses %s is named with its line', async (what, path, given, global) => {
    const copy = await mkdtemp(join(folder, 'project-'))
    for (const part of ['src', 'sim', 'package.json', 'tsconfig.json']) {
      await cp(join(project, part), join(copy, part), { recursive: true })
    }
    await symlink(join(project, 'node_modules'), join(copy, 'node_modules'))
    const file = join(copy, 'src', path)
    const text = await readFile(file, 'utf8')
    expect(text).toContain(given)
    await writeFile(file, text.replace(given, global))
    const line = text.slice(0, text.indexOf(given)).split('\n').length
    const output = await runIn(copy, ['--seed', seed])
    expect(output).toContain('FAILED same-seed-same-trace')
    expect(output).toMatch(new RegExp(`the global ${what}, [^;]* at src/${path}:${line}:`))
  })
})

/** @returns What a run prints that ends 1. */
function runIn(copy: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: copy, maxBuffer: 50_000_000 }
    execFile(
      process.execPath,
      ['--import', 'tsx', 'sim/cli.ts', ...args],
      options,
      (error, stdout, stderr) => {
        if (error?.code === 1) resolve(stdout)
        else reject(new Error(`ended ${error?.code ?? 0}: ${stderr}`))
      },
    )
  })
}
