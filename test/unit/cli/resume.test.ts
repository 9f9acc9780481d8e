import { describe, expect, it } from 'vitest'
import { exitCodes, CommandError } from '../../../src/cli/command-error.ts'
import { runWorkload } from '../../../src/cli/workloads/run.ts'
import { isRunStoppedError } from '../../../src/core/errors.ts'
import { BatchWorld, failureOf } from '../../helpers/batch-world.ts'
import { MemoryDisk } from '../../helpers/memory-disk.ts'
import { embed, model, start, textsFile, undisturbed } from '../../helpers/resume-world.ts'

const chatModel = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'

function idsOf(disk: MemoryDisk, path = 'out'): string[] {
  return disk.lines(path).map((line) => JSON.parse(line).custom_id)
}

/** Where one text is refused. */
function refusing(): BatchWorld {
  return new BatchWorld({
    intercept: (_path, body) =>
      body.includes('poison')
        ? new Response('{"error":{"message":"a bad text"}}', { status: 400 })
        : undefined,
  })
}

function chat(id: string, body: object = {}): string {
  const messages = [{ role: 'user', content: id }]
  return `${JSON.stringify({ custom_id: id, body: { messages, ...body } })}\n`
}

/** Gives no results. */
async function* nothing(error?: Error): AsyncGenerator<never> {
  if (error !== undefined) throw error
  yield* []
}

describe('resume', () => {
  it('writes a line with its vector for each text, in order', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: textsFile(50) })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ total: 50, before: 0, done: 50, failed: 0, end: undefined })
    expect(idsOf(disk)).toEqual(Array.from({ length: 50 }, (_, index) => `t${index}`))
    const line = JSON.parse(disk.lines('out')[7] ?? '')
    expect(Object.keys(line)).toEqual(['custom_id', 'model', 'embedding'])
    expect(line.embedding).toHaveLength(32)
    expect(world.sent).toHaveLength(3)
  })

  it('sends nothing where everything is there', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: textsFile(30), out: await undisturbed(textsFile(30)) })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ total: 30, before: 30, done: 30, end: undefined })
    expect(world.mock.journal()).toHaveLength(0)
  })

  it('goes on after the last whole line, and cuts off a part of one', async () => {
    const input = textsFile(60)
    const whole = await undisturbed(input)
    const lines = whole.split('\n')
    const torn = `${lines.slice(0, 33).join('\n')}\n${lines[33]?.slice(0, 40)}`
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: input, out: torn })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ before: 33, done: 60 })
    expect(disk.text('out')).toBe(whole)
    expect(world.sent.flatMap((body) => JSON.parse(body).input)).toHaveLength(27)
  })

  it.each([1, 9, 40])('goes on where nothing stands behind %d bytes of a line', async (length) => {
    const input = textsFile(60)
    const whole = await undisturbed(input)
    const lines = whole.split('\n')
    // A machine that stopped: the file is as long as it was, and holds less.
    const part = `${lines[33]?.slice(0, length)}${'\0'.repeat(200)}`
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: input, out: `${lines.slice(0, 33).join('\n')}\n${part}` })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ before: 33, done: 60 })
    expect(disk.text('out')).toBe(whole)
  })

  it('has the same output wherever it was killed', async () => {
    const input = textsFile(45)
    const whole = await undisturbed(input)
    const bytes = new TextEncoder().encode(whole).length
    for (let death = 1; death < bytes; death += 997) {
      const dying = new MemoryDisk({ in: input })
      dying.bytesUntilDeath = death
      const world = new BatchWorld()
      await Promise.allSettled([world.until(start(world, dying))])
      expect(dying.bytesUntilDeath).toBe(0)
      const disk = dying.reborn()
      const next = new BatchWorld()
      await next.until(start(next, disk))
      expect(disk.text('out')).toBe(whole)
    }
  })

  it('puts lines into the order of the input that came in another', async () => {
    const input = textsFile(50)
    const whole = await undisturbed(input)
    const lines = whole.split('\n').slice(0, -1)
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: input, out: `${lines.slice(20, 30).join('\n')}\n` })
    await world.until(start(world, disk))
    expect(disk.text('out')).toBe(whole)
    expect(disk.replaced).toBe(1)
    expect([...disk.files.keys()]).toEqual(['in', 'out'])
  })

  it('survives being killed while it sorts', async () => {
    const input = textsFile(50)
    const whole = await undisturbed(input)
    const lines = whole.split('\n').slice(0, -1)
    const unsorted = `${lines.slice(1).join('\n')}\n`
    const bytes = new TextEncoder().encode(whole).length
    for (let death = 1; death < bytes; death += 1_499) {
      const dying = new MemoryDisk({ in: input, out: unsorted })
      const rest = new TextEncoder().encode(lines[0]).length + 1
      dying.bytesUntilDeath = rest + death
      const world = new BatchWorld()
      await Promise.allSettled([world.until(start(world, dying))])
      expect(dying.bytesUntilDeath).toBe(0)
      const disk = dying.reborn()
      const next = new BatchWorld()
      expect(await next.until(start(next, disk))).toMatchObject({ before: 50 })
      expect(disk.text('out')).toBe(whole)
      expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out'])
    }
  })
})

describe('resume, where something is refused', () => {
  const poison = JSON.stringify({ custom_id: 'bad', text: 'poison' })

  it('says why in the line, and ends with all others', async () => {
    const world = refusing()
    const disk = new MemoryDisk({ in: `${textsFile(30)}${poison}\n${textsFile(5, 30)}` })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ total: 36, done: 35, failed: 1, end: undefined })
    expect(JSON.parse(disk.lines('out')[30] ?? '')).toEqual({
      custom_id: 'bad',
      error: { status: 400, message: 'a bad text' },
    })
  })

  it('leaves it alone at the next start', async () => {
    const world = refusing()
    const disk = new MemoryDisk({ in: `${textsFile(3)}${poison}\n` })
    await world.until(start(world, disk))
    const before = disk.text('out')
    const next = new BatchWorld()
    await next.until(start(next, disk))
    expect(next.mock.journal()).toHaveLength(0)
    expect(disk.text('out')).toBe(before)
  })

  it('sends it again where that is asked for, and nothing else', async () => {
    const input = textsFile(40)
    const whole = await undisturbed(input)
    const lines = whole.split('\n').slice(0, -1)
    const failed = JSON.stringify({ custom_id: 't3', error: { message: 'no' } })
    const world = new BatchWorld()
    const disk = new MemoryDisk({
      in: input,
      out: `${[...lines.slice(0, 3), failed, ...lines.slice(4)].join('\n')}\n`,
    })
    const summary = await world.until(start(world, disk, { retriesFailed: true }))
    expect(summary).toMatchObject({ before: 39, done: 40, failed: 0 })
    expect(world.sent.map((body) => JSON.parse(body).input)).toEqual([['text 3']])
    expect(disk.text('out')).toBe(whole)
  })
})

describe('resume, where it has to stop', () => {
  it('writes what was ready when it is aborted, behind a slow request, too', async () => {
    const controller = new AbortController()
    const world = new BatchWorld({
      // The first request hangs; the others wait for it in the order.
      intercept: (_path, body) =>
        body.includes('"text 0"') ? new Response('', { status: 503 }) : undefined,
      retry: { maxRetries: 4 },
    })
    const disk = new MemoryDisk({ in: textsFile(2_000) })
    world.clock.setTimer(() => controller.abort('enough'), 8_000)
    const summary = await world.until(
      start(world, disk, { run: { signal: controller.signal, inFlightMax: 16 } }),
    )
    expect(summary.end).toEqual({ abortReason: 'enough' })
    expect(summary.done).toBe(disk.lines('out').length)
    expect(summary.done).toBeGreaterThan(200)
    expect(world.underWay).toBe(0)
    const next = new BatchWorld()
    await next.until(start(next, disk))
    expect(disk.text('out')).toBe(await undisturbed(textsFile(2_000)))
  })

  it.each(['in', 'out'])('ends at once while it still reads %s', async (path) => {
    const controller = new AbortController()
    const world = new BatchWorld()
    const text = await undisturbed(textsFile(30))
    const disk = new MemoryDisk({ in: textsFile(30), out: text })
    disk.onRead = (name) => {
      if (name === path) controller.abort('enough')
    }
    const run = { signal: controller.signal }
    expect(await failureOf(start(world, disk, { run }))).toBe('enough')
    expect(disk.text('out')).toBe(text)
    disk.onRead = () => undefined
    expect(await start(world, disk)).toMatchObject({ done: 30 })
  })

  it('names the end of a run that cannot go on, with what is under way written', async () => {
    let refuses = false
    const world = new BatchWorld({
      intercept: () => (refuses ? new Response('{}', { status: 401 }) : undefined),
    })
    world.clock.setTimer(() => {
      refuses = true
    }, 3_000)
    const disk = new MemoryDisk({ in: textsFile(2_000) })
    const { end, done } = await world.until(start(world, disk))
    expect(end !== undefined && 'error' in end && isRunStoppedError(end.error)).toBe(true)
    expect(done).toBe(disk.lines('out').length)
    expect(done).toBeGreaterThan(100)
  })

  it('rejects with what nobody foresaw, and gives the lock back', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: textsFile(2) })
    const broken = { ...embed, start: () => nothing(new TypeError('a defect')) }
    await expect(start(world, disk, { workload: broken })).rejects.toThrow('a defect')
    await world.until(start(world, disk))
    expect(disk.lines('out')).toHaveLength(2)
  })

  it('finds out a workload that leaves something out', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: textsFile(2) })
    await expect(
      start(world, disk, { workload: { ...embed, start: () => nothing() } }),
    ).rejects.toThrow('without a result')
  })
})

describe('resume, where the files are wrong', () => {
  const good = '{"custom_id":"a","text":"b"}\n'

  it.each([
    ['no file', undefined, 'cannot open in'],
    ['no JSON', `${good}\n{"custom_id":\n`, 'in: line 3 is not JSON'],
    ['no object', `["a"]\n`, 'in: line 1 is not a JSON object'],
    ['no id', '{"text":"b"}\n', 'in: line 1 has no custom_id'],
    ['no text', '{"custom_id":"a"}\n', 'in: line 1 has no text'],
    ['an id twice', `${good}${good}`, 'in: line 2 has the custom_id of line 1'],
    ['much', '7\n'.repeat(9), 'line 5 is not a JSON object; and 4 more. Mend these lines'],
  ])('refuses an input with %s and sends nothing', async (_name, text, message) => {
    const world = new BatchWorld()
    const disk = new MemoryDisk(text === undefined ? {} : { in: text })
    const error = await failureOf(start(world, disk))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ exitCode: exitCodes.misused })
    expect(String(error)).toContain(message)
    expect(world.mock.journal()).toHaveLength(0)
  })

  it('takes an input with a byte order mark, blank lines, and no line feed at its end', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: `\uFEFF${good}\r\n  \n{"custom_id":"c","input":"d"}` })
    await world.until(start(world, disk))
    expect(idsOf(disk)).toEqual(['a', 'c'])
  })

  it('takes an empty input', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: '' })
    expect(await start(world, disk)).toMatchObject({ total: 0, end: undefined })
  })

  it.each([
    ['something else', 'shopping list\n', 'line 1 is not JSON'],
    ['something without a line feed', 'shopping list', 'line 1 is not a result'],
    ['results of another input', '{"custom_id":"z","embedding":[1]}\n', 'custom_id that the input'],
    ['one twice', `{"custom_id":"a","model":"${model}","embedding":[1]}\n`.repeat(2), 'line 2 has'],
    ['another model', '{"custom_id":"a","model":"x","embedding":[1]}\n', 'another model than'],
    ['answers', '{"custom_id":"a","response":{}}\n', 'holds no vector'],
  ])('does not touch an output that holds %s', async (_name, out, message) => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: good, out })
    const error = await failureOf(start(world, disk))
    expect(error).toBeInstanceOf(CommandError)
    expect(String(error)).toContain(message)
    expect(disk.text('out')).toBe(out)
    expect(world.mock.journal()).toHaveLength(0)
  })

  it('cuts off what a machine that stopped left of a line', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: good, out: '\0\0\0\n\0' })
    await world.until(start(world, disk))
    expect(idsOf(disk)).toEqual(['a'])
  })

  it('stops where the input changes meanwhile', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: textsFile(20_000) })
    world.clock.setTimer(() => {
      disk.files.set('in', new TextEncoder().encode(textsFile(20_000, 5)))
    }, 2_000)
    const { end } = await world.until(start(world, disk))
    expect(end).toMatchObject({
      error: { message: 'in was changed meanwhile; start again', exitCode: exitCodes.stopped },
    })
  })
})

describe('resume with requests', () => {
  const workload = runWorkload({ model: chatModel, fallbackModels: [] })

  it('writes a line with its answer for each, in the form of a batch', async () => {
    const world = new BatchWorld()
    const embedding = { custom_id: 'e', url: '/v1/embeddings', body: { model, input: 'x' } }
    const disk = new MemoryDisk({
      in: `${chat('a')}${chat('b', { model: chatModel })}${JSON.stringify(embedding)}\n`,
    })
    await world.until(start(world, disk, { workload }))
    const lines = disk.lines('out').map((line) => JSON.parse(line))
    expect(lines.map(({ custom_id: id }) => id)).toEqual(['a', 'b', 'e'])
    expect(lines[0].response).toMatchObject({ status_code: 200, body: { model: chatModel } })
    expect(lines[2].response.body.data).toHaveLength(1)
  })

  it.each([
    ['a body', '{"custom_id":"a"}\n', 'has no body'],
    ['an end', chat('a', { stream: true }), 'asks for a stream'],
    ['a path', '{"custom_id":"a","url":"x","body":{}}\n', 'has a url that does not'],
  ])('refuses a request without %s', async (_name, input, message) => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: input })
    expect(String(await failureOf(start(world, disk, { workload })))).toContain(message)
  })
})
