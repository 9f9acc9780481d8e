import { describe, expect, it } from 'vitest'
import { resume, type ResumeOptions, type Summary } from '../../../src/cli/resume.ts'
import type { DiskFile } from '../../../src/cli/files/disk.ts'
import { batchWorkload } from '../../../src/cli/workloads/batch.ts'
import { documentedProfile } from '../../../src/core/profile.ts'
import { BatchWorld, failureOf } from '../../helpers/batch-world.ts'
import { MemoryDisk } from '../../helpers/memory-disk.ts'

const model = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'
const workload = batchWorkload({ model, profile: documentedProfile, pollMsMin: 30_000 })

function requestLine(_: unknown, index: number): string {
  const messages = [{ role: 'user', content: `number ${index}` }]
  return `${JSON.stringify({ custom_id: `r${index}`, body: { messages, max_tokens: 4 } })}\n`
}

function requestsFile(count: number): string {
  return Array.from({ length: count }, requestLine).join('')
}

function start(
  world: BatchWorld,
  disk: MemoryDisk,
  more: Partial<ResumeOptions['run']> = {},
): Promise<Summary> {
  return resume({
    disk,
    inputPath: 'in',
    outputPath: 'out',
    workload,
    retriesFailed: false,
    run: { ...world.api, ...more },
  })
}

/** Without what differs from answer to answer. */
function answersOf(disk: MemoryDisk): unknown[] {
  return disk.lines('out').map((line) => {
    const { custom_id: id, response } = JSON.parse(line)
    return { id, status: response.status_code, choices: response.body.choices }
  })
}

/** Batches that the server was asked for and took. */
function batchesOf({ mock }: BatchWorld): number {
  const created = mock.journal().filter(({ method, path, status }) => {
    return method === 'POST' && path === '/v1/batches' && status === 201
  })
  return created.length
}

/** Notes what is written and synced, in order. */
class SeenDisk extends MemoryDisk {
  readonly seen: string[] = []

  override async open(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
    const file = await super.open(path, mode)
    const name = path.replace(/.*\./, '')
    return {
      ...file,
      append: async (bytes) => {
        this.seen.push(`append ${name} ${new TextDecoder().decode(bytes)}`)
        await file.append(bytes)
      },
      sync: async () => {
        this.seen.push(`sync ${name}`)
        await file.sync()
      },
    }
  }
}

describe('resume with batches', () => {
  it('writes a line with its answer for each request, in the order of the input', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: requestsFile(250) })
    const summary = await world.until(start(world, disk))
    expect(summary).toMatchObject({ total: 250, done: 250, failed: 0, end: undefined })
    expect(summary.notes[0]).toMatch(/^3 batches in this start; [\d,]+ tokens in, [\d,]+ out$/)
    expect(disk.lines('out').map((line) => JSON.parse(line).custom_id)).toEqual(
      Array.from({ length: 250 }, (_, index) => `r${index}`),
    )
    expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out'])
    expect(batchesOf(world)).toBe(3)
  })

  it('makes what it took from a batch outlast the machine before it strikes the batch off', async () => {
    const world = new BatchWorld()
    const disk = new SeenDisk({ in: requestsFile(150) })
    await world.until(start(world, disk))
    const struckOff = disk.seen.filter((event) => event.includes('"ended"'))
    expect(struckOff).toHaveLength(2)
    for (const event of struckOff) {
      const before = disk.seen.slice(0, disk.seen.indexOf(event)).toReversed()
      const synced = before.indexOf('sync out')
      const written = before.findIndex((each) => each.startsWith('append out'))
      expect(synced).toBeGreaterThanOrEqual(0)
      expect(synced).toBeLessThan(written)
    }
  })

  it('pays for nothing twice, wherever it was killed', async () => {
    const whole = new MemoryDisk({ in: requestsFile(150) })
    const quiet = new BatchWorld()
    await quiet.until(start(quiet, whole))
    const bytes = whole.files.get('out')?.length ?? 0
    let deaths = 0
    for (let death = 1; death < 3 * bytes; death += Math.floor(bytes / 12)) {
      const world = new BatchWorld()
      const dying = new MemoryDisk({ in: requestsFile(150) })
      dying.bytesUntilDeath = death
      await Promise.allSettled([world.until(start(world, dying))])
      if (dying.bytesUntilDeath > 0) break
      deaths += 1
      const disk = dying.reborn()
      await world.until(start(world, disk))
      expect(answersOf(disk)).toEqual(answersOf(whole))
      expect(batchesOf(world)).toBe(2)
      expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out'])
    }
    expect(deaths).toBeGreaterThan(15)
  })

  it('leaves its batches running when it is aborted, and finds them again', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: requestsFile(150) })
    const controller = new AbortController()
    world.clock.setTimer(() => controller.abort('enough'), 20_000)
    const { end } = await world.until(start(world, disk, { signal: controller.signal }))
    expect(end).toEqual({ abortReason: 'enough' })
    const types = disk.lines('out.batches').map((line): string => JSON.parse(line).type)
    expect(types.toSorted()).toEqual(['created', 'created', 'uploaded', 'uploaded'])
    const { done } = await world.until(start(world, disk))
    expect(done).toBe(150)
    expect(batchesOf(world)).toBe(2)
  })

  it('has results on the disk before it strikes their batch off', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: requestsFile(100) })
    const synced: (number | undefined)[] = []
    disk.onAppend = (path, bytes) => {
      if (path === 'out.batches' && new TextDecoder().decode(bytes).includes('"ended"'))
        synced.push(disk.linesSynced.get('out'))
    }
    await world.until(start(world, disk))
    expect(synced).toEqual([100])
  })

  it('gives no old answers to whoever has removed the output', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: requestsFile(150) })
    const controller = new AbortController()
    world.clock.setTimer(() => controller.abort('enough'), 20_000)
    await world.until(start(world, disk, { signal: controller.signal }))
    disk.files.delete('out')
    const error = await failureOf(start(world, disk))
    expect(error).toMatchObject({ exitCode: 2 })
    expect(String(error)).toContain('out is gone: remove out.batches to begin anew')
    expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out.batches'])
    disk.files.set('out', new Uint8Array())
    expect(await world.until(start(world, disk))).toMatchObject({ done: 150, end: undefined })
    expect(batchesOf(world)).toBe(2)
  })

  it('refuses an id that is too long for a batch, and another path', async () => {
    const world = new BatchWorld()
    const body = { messages: [] }
    const long = JSON.stringify({ custom_id: 'x'.repeat(65), body })
    const other = JSON.stringify({ custom_id: 'b', url: '/v1/embeddings', body })
    const disk = new MemoryDisk({ in: `${long}\n${other}\n` })
    const message = String(await failureOf(start(world, disk)))
    expect(message).toContain('line 1 has a custom_id of more than 64 characters')
    expect(message).toContain('line 2 has another url than /v1/chat/completions')
  })

  it('does not touch a journal that is none, and sends nothing', async () => {
    const world = new BatchWorld()
    const text = '{"type":"uploaded","fileId":"f"}\n'
    const disk = new MemoryDisk({ in: requestsFile(3), out: '', 'out.batches': text })
    const { end } = await world.until(start(world, disk))
    expect(end).toMatchObject({
      error: { message: "out.batches: line 1 is not an entry of this command's" },
    })
    expect(disk.text('out.batches')).toBe(text)
    expect(batchesOf(world)).toBe(0)
  })

  it('cuts off a part of an entry', async () => {
    const world = new BatchWorld()
    const torn = '{"type":"uploaded","fi'
    const disk = new MemoryDisk({ in: requestsFile(3), out: '', 'out.batches': torn })
    expect(await world.until(start(world, disk))).toMatchObject({ done: 3 })
  })

  it('keeps what a full disk has room for, and its batches', async () => {
    const world = new BatchWorld()
    const disk = new MemoryDisk({ in: requestsFile(150) })
    disk.bytesLeft = 30_000
    const { end, done } = await world.until(start(world, disk))
    expect(end).toMatchObject({ error: { exitCode: 3 } })
    expect(done).toBe(disk.lines('out').length)
    disk.bytesLeft = Infinity
    expect(await world.until(start(world, disk))).toMatchObject({ done: 150, end: undefined })
    expect(batchesOf(world)).toBe(2)
  })
})
