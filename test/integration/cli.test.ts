/**
 * The command line as its user has it: exit codes, what it prints, Ctrl-C, a disk that is full.
 */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMockTogether, type RunningMock } from '../../src/server/index.ts'
import { unlimitedProfile } from '../../src/server/profiles/unlimited.ts'
import { runCli, type RunningCli } from '../helpers/run-cli.ts'

const model = 'mock/embed-32'

let folder: string
let mock: RunningMock
const at = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'))
  mock = await createMockTogether({ port: 0, profile: unlimitedProfile, journalLengthMax: 0 })
  const lines = Array.from({ length: 3_000 }, (_, index) => ({
    custom_id: `t${index}`,
    text: `text ${index}`,
  }))
  writeFileSync(at('texts'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
})
afterAll(async () => {
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

function embed(output: string, more: readonly string[] = []): string[] {
  const files = ['--input', at('texts'), '--output', at(output)]
  return ['embed', ...files, '--model', model, ...more]
}

async function untilItWrites({ child }: RunningCli, output: string): Promise<void> {
  const size = (): number => statSync(at(output), { throwIfNoEntry: false })?.size ?? 0
  while (size() === 0 && child.exitCode === null) await sleep(5)
}

describe('the command line', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends cleanly on %s, says how far it is, and goes on when started again',
    async (signal) => {
      const slow = runCli(embed(signal, ['--max-per-minute', '3000']), mock)
      await untilItWrites(slow, signal)
      slow.child.kill(signal)
      expect(await slow.exit).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(slow.stderr()).toContain('ending; what there is goes into the output')
      const [, left] = /; ([\d,]+) are left; .*\ninterrupted/.exec(slow.stdout()) ?? []
      const kept = readFileSync(at(signal), 'utf8').split('\n').slice(0, -1)
      expect(kept.length).toBe(3_000 - Number(left?.replace(',', '')))
      const next = runCli(embed(signal, ['--max-per-minute', '600000']), mock)
      expect(await next.exit).toBe(0)
      expect(next.stderr()).toContain(`3,000 texts, ${kept.length.toLocaleString('en-US')} of them`)
      expect(next.stdout()).toContain('3,000 of 3,000 texts have their result')
      expect(readFileSync(at(signal), 'utf8').split('\n')).toHaveLength(3_001)
    },
    60_000,
  )

  it('takes a signal that comes twice at once, as by way of npx, for one', async () => {
    const cli = runCli(embed('twice', ['--max-per-minute', '3000']), mock)
    await untilItWrites(cli, 'twice')
    cli.child.kill('SIGINT')
    while (!cli.stderr().includes('ending')) await sleep(1)
    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.stdout()).toContain('the same command goes on from here')
  }, 60_000)

  it('ends at once on Ctrl-C while it still checks its input', async () => {
    const lines = Array.from({ length: 300_000 }, (_, id) => `{"custom_id":"${id}","text":"x"}\n`)
    writeFileSync(at('large'), lines.join(''))
    const files = ['--input', at('large'), '--output', at('early')]
    const cli = runCli(['embed', ...files, '--model', model], mock)
    while (!existsSync(at('early.lock')) && cli.child.exitCode === null) await sleep(5)
    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.stdout()).toContain('interrupted before anything was sent')
    expect(existsSync(at('early.lock'))).toBe(false)
  }, 60_000)

  it('works on where nobody reads what it prints any more', async () => {
    const cli = runCli(embed('unread', ['--max-per-minute', '600000']), mock)
    cli.child.stdout?.destroy()
    cli.child.stderr?.destroy()
    expect(await cli.exit).toBe(0)
    expect(readFileSync(at('unread'), 'utf8').split('\n')).toHaveLength(3_001)
  }, 60_000)

  it('keeps what it has where the file system takes no more, and says what to do', async () => {
    // The signal would end the process; ignored, the write fails as on a full disk.
    const limited = { url: mock.url, shellPrefix: "trap '' XFSZ; ulimit -f 500" }
    const full = runCli(embed('full', ['--max-per-minute', '600000']), limited)
    expect(await full.exit).toBe(3)
    expect(full.stdout()).toMatch(/cannot write .*full: file too large.*EFBIG.*make room/)
    const kept = readFileSync(at('full'), 'utf8')
    expect(kept.endsWith('\n')).toBe(true)
    expect(kept.split('\n').length).toBeGreaterThan(100)
    const next = runCli(embed('full', ['--max-per-minute', '600000']), mock)
    expect(await next.exit).toBe(0)
    const text = readFileSync(at('full'), 'utf8')
    expect(text.startsWith(kept)).toBe(true)
    expect(text.split('\n')).toHaveLength(3_001)
  }, 60_000)

  it('lets one process at a time write an output', async () => {
    const first = runCli(embed('shared', ['--max-per-minute', '3000']), mock)
    await untilItWrites(first, 'shared')
    const second = runCli(embed('shared'), mock)
    expect(await second.exit).toBe(2)
    expect(second.stderr()).toContain(`is being written by process ${first.child.pid}`)
    first.child.kill('SIGKILL')
    await first.exit
  }, 60_000)

  it.each([
    ['a mistake', ['embed', '--modle', 'x'], 2, "Unknown option '--modle'"],
    [
      'no input',
      ['run', '--input', 'none', '--output', 'out'],
      2,
      'cannot open none: no such file',
    ],
  ])('exits 2 for %s', async (_what, args, code, message) => {
    const cli = runCli(args, mock)
    expect(await cli.exit).toBe(code)
    expect(cli.stderr()).toContain(message)
    expect(cli.stderr()).not.toContain('    at ')
  })

  it.each(['hard', 'soft'])('does not touch an input that has another name: %s', async (kind) => {
    // Without a line feed it could be taken for a torn line of an output.
    const text = '{"custom_id":"a","text":"b"}'
    writeFileSync(at(`${kind}-in`), text)
    const link = kind === 'hard' ? linkSync : symlinkSync
    link(at(`${kind}-in`), at(`${kind}-out`))
    const files = ['--input', at(`${kind}-in`), '--output', at(`${kind}-out`)]
    const cli = runCli(['embed', ...files, '--model', model], mock)
    expect(await cli.exit).toBe(2)
    expect(cli.stderr()).toContain('is the input; name another output')
    expect(readFileSync(at(`${kind}-in`), 'utf8')).toBe(text)
  })

  it('writes into the file that a link leads to, also when it sorts', async () => {
    const lines = [2, 1].map((id) => `${JSON.stringify({ custom_id: `${id}`, text: `${id}` })}\n`)
    writeFileSync(at('link-in'), lines.join(''))
    symlinkSync(at('link-target'), at('link'))
    const files = ['--input', at('link-in'), '--output', at('link')]
    const first = runCli(['embed', ...files, '--model', model], mock)
    expect(await first.exit).toBe(0)
    writeFileSync(at('link-in'), lines.toReversed().join(''))
    expect(await runCli(['embed', ...files, '--model', model], mock).exit).toBe(0)
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true)
    expect(readFileSync(at('link-target'), 'utf8')).toMatch(/^{"custom_id":"1".*\n.*"2".*\n$/)
  })

  it('exits 2 without a key', async () => {
    const cli = runCli(embed('nokey'), { url: mock.url, shellPrefix: 'unset TOGETHER_API_KEY' })
    expect(await cli.exit).toBe(2)
    expect(cli.stderr()).toContain('TOGETHER_API_KEY: expected a key')
  })

  it.each([
    ['--batch-size', '9999'],
    ['TOGETHER_BASE_URL', 'ftp://x'],
  ])('names %s as it was given', async (name, value) => {
    const isFlag = name.startsWith('--')
    const shellPrefix = isFlag ? 'true' : `export ${name}=${value}`
    const cli = runCli(embed('unused', isFlag ? [name, value] : []), { url: mock.url, shellPrefix })
    expect(await cli.exit).toBe(2)
    expect(cli.stderr()).toContain(`${name}: expected`)
  })

  it('exits 3 where the model is none, and names the nearest', async () => {
    const files = ['--input', at('texts'), '--output', at('nomodel')]
    const cli = runCli(['embed', ...files, '--model', 'mock/embed-33'], mock)
    expect(await cli.exit).toBe(3)
    expect(cli.stdout()).toContain('the nearest are mock/embed-32')
    expect(cli.stdout()).toContain('--no-model-check')
  })

  it('exits 1 where something was refused', async () => {
    const messages = [{ role: 'user', content: 'hello' }]
    const line = (id: string, body: object): string =>
      `${JSON.stringify({ custom_id: id, body: { messages, ...body } })}\n`
    writeFileSync(at('requests'), `${line('a', {})}${line('b', { max_tokens: 10_000_000 })}`)
    const files = ['--input', at('requests'), '--output', at('answers')]
    const chatModel = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'
    const strict = await createMockTogether()
    const cli = runCli(['run', ...files, '--model', chatModel], strict)
    expect(await cli.exit).toBe(1)
    await strict.close()
    expect(cli.stdout()).toContain('1 were refused, see "error" in')
    const [a, b] = readFileSync(at('answers'), 'utf8').split('\n')
    expect(JSON.parse(a ?? '').response.body.choices).toHaveLength(1)
    expect(JSON.parse(b ?? '').error).toMatchObject({ status: 403 })
  })

  it('prints its help', async () => {
    const cli = runCli(['--help'], mock)
    expect(await cli.exit).toBe(0)
    expect(cli.stdout()).toContain('Usage: together-rate-limits COMMAND')
  })
})
