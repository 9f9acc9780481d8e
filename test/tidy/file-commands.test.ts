/**
 * The README's commands that work through files run as they are, on the files that it shows.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandNames } from '../../src/cli/arguments.ts'
import { exitCodes } from '../../src/cli/command-error.ts'
import { createMockTogether, type RunningMock } from '../../src/server/index.ts'
import { projectFolder, readBlocks, readCommands, readTable, sorted } from './documents.ts'

const run = promisify(execFile)
const files = readBlocks('README.md').filter(({ title }) => title.endsWith('.jsonl'))
const commands = readCommands('README.md')
  .filter(([program, tool]) => program === 'npx' && tool === 'together-rate-limits')
  .map((words) => ({ line: words.join(' '), args: words.slice(2) }))

let folder: string
let mock: RunningMock

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readme-files-'))
  mock = await createMockTogether({ batchDurationMs: { min: 10, max: 50 } })
  for (const { title, text } of files) writeFileSync(join(folder, title), text)
})
afterAll(async () => {
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the commands of README.md that work through files', () => {
  it('have their files shown', () => {
    const shown = files.map(({ title }) => title)
    expect(commands.length).toBeGreaterThan(0)
    const read = new Set(commands.map(({ args }) => valueOf(args, '--input')))
    expect([...read].toSorted()).toEqual(shown.toSorted())
    const names = commands.map(({ args: [name] }) => name)
    expect(sorted(names)).toEqual(sorted(commandNames))
  })

  it.each(commands)('$line', async ({ args }) => {
    const cli = join(projectFolder, 'src/cli/cli.ts')
    const tsx = import.meta.resolve('tsx')
    const { stdout } = await run(process.execPath, ['--import', tsx, cli, ...hurried(args)], {
      cwd: folder,
      env: { ...process.env, TOGETHER_API_KEY: 'readme', TOGETHER_BASE_URL: `${mock.url}/v1` },
    })
    const idsIn = (flag: string): unknown[] => {
      const lines = readFileSync(join(folder, valueOf(args, flag)), 'utf8')
        .trimEnd()
        .split('\n')
      return lines.map((line) => JSON.parse(line).custom_id)
    }
    expect(idsIn('--output')).toEqual(idsIn('--input'))
    expect(readFileSync(join(folder, valueOf(args, '--output')), 'utf8')).not.toContain('"error"')
    expect(stdout).toContain('have their result')
  })

  it('end with the codes that the table has', () => {
    const codes = readTable('README.md', 'exit code').flatMap(([cell = '']) => cell.split(', '))
    expect(codes.map(Number)).toEqual(Object.values(exitCodes))
  })
})

/** A look at a batch twice a minute is right for the service, but not for a test. */
function hurried(args: readonly string[]): readonly string[] {
  return args[0] === 'batch' ? [...args, '--poll-seconds', '0.05'] : args
}

function valueOf(args: readonly string[], flag: string): string {
  return args[args.indexOf(flag) + 1] ?? ''
}
