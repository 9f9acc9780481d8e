/**
 * The command line, killed again and again over loopback: its output has to be that of a run that nothing disturbs.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../src/core/random.ts'
import { createMockTogether, type RunningMock } from '../../src/server/index.ts'
import { unlimitedProfile } from '../../src/server/profiles/unlimited.ts'
import { runCli, type RunningCli } from '../helpers/run-cli.ts'

const embeddingModel = 'mock/embed-32'
const chatModel = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'

const textCount = 8_000
const requestCount = 1_000

let folder: string
let mock: RunningMock
const at = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-kill-'))
  mock = await createMockTogether({
    profile: unlimitedProfile,
    batchDurationMs: { min: 300, max: 1_500 },
    journalLengthMax: 0,
  })
  writeLines('texts', textCount, (index) => ({ custom_id: `t${index}`, text: `${index}` }))
  writeLines('requests', requestCount, (index) => ({
    custom_id: `r${index}`,
    body: { messages: [{ role: 'user', content: `number ${index}` }], max_tokens: 5 },
  }))
})
afterAll(async () => {
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

function writeLines(name: string, count: number, lineOf: (index: number) => object): void {
  const lines = Array.from({ length: count }, (_, index) => `${JSON.stringify(lineOf(index))}\n`)
  writeFileSync(at(name), lines.join(''))
}

function readLines(name: string): string[] {
  const text = readFileSync(at(name), 'utf8')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text.split('\n').slice(0, -1)
}

function sizeOf(name: string): number {
  return statSync(at(name), { throwIfNoEntry: false })?.size ?? 0
}

/** Kills it some time after it has begun to write, or at a moment of its start. */
async function killSometime(cli: RunningCli, output: string, unit: number): Promise<void> {
  const before = sizeOf(output)
  if (unit < 0.2) await sleep(unit * 3_000)
  else {
    while (sizeOf(output) === before && cli.child.exitCode === null) await sleep(2)
    await sleep(unit * 400)
  }
  cli.child.kill('SIGKILL')
}

/** Ends with a start that is left alone. @returns How often one was killed before. */
async function killAgainAndAgain(
  args: (rate: string) => readonly string[],
  { output, times, seed }: { output: string; times: number; seed: number },
): Promise<number> {
  const random = createSeededRandom(seed, 'kill')
  for (let kill = 0; kill < times; kill += 1) {
    const cli = runCli(args('3000'), mock)
    await killSometime(cli, output, random.next())
    if ((await cli.exit) !== null) return kill
  }
  const last = runCli(args('600000'), mock)
  expect({ code: await last.exit, stderr: last.stderr() }).toMatchObject({ code: 0 })
  return times
}

function embedArgs(output: string, rate: string): string[] {
  const files = ['--input', at('texts'), '--output', at(output)]
  const limits = ['--max-per-minute', rate, '--batch-size', '5']
  return ['embed', ...files, '--model', embeddingModel, ...limits]
}

function runArgs(output: string, rate: string): string[] {
  const files = ['--input', at('requests'), '--output', at(output)]
  return ['run', ...files, '--model', chatModel, '--max-per-minute', rate]
}

function batchArgs(output: string): string[] {
  const files = ['--input', at('requests'), '--output', at(output)]
  return ['batch', ...files, '--model', chatModel, '--poll-seconds', '0.05']
}

describe('a command that is killed at random moments and started again', () => {
  it('has embedded every text once, as if nothing had happened', async () => {
    const undisturbed = runCli(embedArgs('whole', '600000'), mock)
    expect(await undisturbed.exit).toBe(0)
    const kills = await killAgainAndAgain((rate) => embedArgs('killed', rate), {
      output: 'killed',
      times: 20,
      seed: 1,
    })
    expect(kills).toBe(20)
    expect(readLines('killed')).toHaveLength(textCount)
    expect(readFileSync(at('killed')).equals(readFileSync(at('whole')))).toBe(true)
  }, 300_000)

  it('has an answer for each request, once and in order', async () => {
    expect(await runCli(runArgs('answers', '600000'), mock).exit).toBe(0)
    await killAgainAndAgain((rate) => runArgs('killed-answers', rate), {
      output: 'killed-answers',
      times: 8,
      seed: 2,
    })
    expect(readLines('killed-answers').map(answerOf)).toEqual(readLines('answers').map(answerOf))
    expect(readLines('answers')).toHaveLength(requestCount)
  }, 300_000)

  it('has an answer from a batch for each, and no batch twice', async () => {
    expect(await runCli(batchArgs('batched'), mock).exit).toBe(0)
    const before = mock.state().jobs.batches.remembered
    await killAgainAndAgain(() => batchArgs('killed-batches'), {
      output: 'killed-batches',
      times: 8,
      seed: 3,
    })
    expect(readLines('killed-batches').map(answerOf)).toEqual(readLines('batched').map(answerOf))
    expect(mock.state().jobs.batches.remembered - before).toBe(before)
  }, 300_000)
})

/** What of an answer is the same each time: ids and times are not. */
function answerOf(line: string): unknown {
  const { custom_id: id, response } = JSON.parse(line)
  const { choices, model, usage } = response.body
  return { id, choices, model, usage }
}
