import { describe, expect, it } from 'vitest'
import {
  iterateBatch,
  runBatch,
  type BatchJournalEntry,
  type BatchOutcome,
  type RunRequest,
} from '../../../../src/index.ts'
import { findBegun } from '../../../../src/batch/jobs/journal.ts'
import { failureOf, type BatchWorld, type BatchWorldOptions } from '../../../helpers/batch-world.ts'
import { BatchProcess } from '../../../helpers/batch-process.ts'
import {
  batchesOf,
  chats,
  idsInBatches,
  MemoryJournal,
  open,
  sizesOf,
  takeAll,
} from '../../../helpers/jobs-world.ts'

const uploaded = (fileId: string, ...customIds: string[]): BatchJournalEntry => {
  return { type: 'uploaded', fileId, customIds }
}

describe('findBegun', () => {
  it('finds what has not ended, with its batch', () => {
    const begun = findBegun([
      uploaded('f1', 'a', 'b'),
      uploaded('f2', 'c'),
      { type: 'created', fileId: 'f1', batchId: 'b1' },
      { type: 'ended', fileId: 'f1' },
      uploaded('f3', 'd'),
      { type: 'created', fileId: 'f3', batchId: 'b3' },
      { type: 'created', fileId: 'f1', batchId: 'b9' },
    ])
    expect(begun).toEqual([
      { fileId: 'f2', batchId: undefined, customIds: new Set(['c']) },
      { fileId: 'f3', batchId: 'b3', customIds: new Set(['d']) },
    ])
  })

  it('gives a request to the last batch that took it', () => {
    const begun = findBegun([uploaded('f1', 'a', 'b'), uploaded('f2', 'b')])
    expect(begun.map(({ customIds }) => [...customIds])).toEqual([['a'], ['b']])
  })
})

const requests = chats(250)

/** A second process after the first was killed; its source leaves out what was taken. */
async function restart(
  world: BatchWorld,
  journal: MemoryJournal,
  first: BatchProcess,
): Promise<BatchOutcome[]> {
  const had = new Set(first.taken.map(({ customId }) => customId))
  const left = requests.filter(({ customId }) => !had.has(customId))
  const second = new BatchProcess(world, left, { journal })
  await second.end()
  return [...first.taken, ...second.taken]
}

function expectEachOnce(outcomes: readonly BatchOutcome[]): void {
  const ids = outcomes.map(({ customId }) => customId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(requests.length)
  expect(outcomes.filter(({ failure }) => failure !== undefined)).toEqual([])
}

/** The process is killed when the journal has this many entries, before the next is written. */
class EndingJournal extends MemoryJournal {
  readonly #length: number
  onFull: () => void = () => undefined

  constructor(length: number) {
    super()
    this.#length = length
  }

  override append(entry: BatchJournalEntry): Promise<void> {
    if (this.entries.length >= this.#length) {
      this.onFull()
      return new Promise(() => undefined)
    }
    return super.append(entry)
  }
}

describe('a run that was killed', () => {
  it.each([0, 40, 90, 140, 175, 190, 240, 260, 5_000, 300_000, 599_000, 640_000, 700_000])(
    'after %i ms is gone on with: nothing is paid twice, nothing lost',
    async (ms) => {
      const world = open()
      const journal = new MemoryJournal()
      const first = new BatchProcess(world, requests, { journal })
      await first.killAt(ms)
      const outcomes = await restart(world, journal, first)
      expectEachOnce(outcomes)
      expect(sizesOf(world)).toEqual([50, 100, 100])
      expect(findBegun(journal.entries)).toEqual([])
    },
  )

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'after %i entries of the journal is gone on with',
    async (length) => {
      const world = open()
      const short = new EndingJournal(length)
      const first = new BatchProcess(world, requests, { journal: short })
      short.onFull = () => {
        first.isKilled = true
      }
      await world.clock.run(1_000_000)
      expect(first.isKilled).toBe(true)
      const journal = new MemoryJournal()
      journal.entries.push(...short.entries)
      const outcomes = await restart(world, journal, first)
      expectEachOnce(outcomes)
      expect(sizesOf(world)).toEqual([50, 100, 100])
    },
  )

  it('in the middle of taking a batch goes on in the middle', async () => {
    const world = open()
    const journal = new MemoryJournal()
    const taken: BatchOutcome[] = []
    const outcomes = iterateBatch(requests, { ...world.api, journal })
    for (let count = 0; count < 130; count += 1) {
      const { value, done } = await world.until(outcomes.next())
      if (done !== true) taken.push(value)
    }
    // The 130th was taken, and whether it was stored nobody has said: its batch has not ended.
    expect(findBegun(journal.entries)).toHaveLength(2)
    const had = new Set(taken.map(({ customId }) => customId))
    const left = requests.filter(({ customId }) => !had.has(customId))
    const rest = await world.until(takeAll(iterateBatch(left, { ...world.api, journal })))
    expectEachOnce([...taken, ...rest])
    expect(sizesOf(world)).toEqual([50, 100, 100])
  })

  it('gives nothing for requests that the source no longer has', async () => {
    const world = open()
    const journal = new MemoryJournal()
    await new BatchProcess(world, requests, { journal }).killAt(100_000)
    const options = { ...world.api, journal }
    const { outcomes } = await world.until(runBatch(chats(120), options))
    expect(outcomes.map(({ customId }) => customId)).toEqual(
      chats(120).map(({ customId }) => customId),
    )
    expect(findBegun(journal.entries)).toEqual([])
    expect(batchesOf(world)).toHaveLength(3)
  })

  it('finds its requests in any order, beside new ones', async () => {
    const world = open()
    const journal = new MemoryJournal()
    await new BatchProcess(world, requests, { journal }).killAt(100_000)
    const source = [...chats(450).slice(250), ...requests.toReversed()]
    const { outcomes } = await world.until(runBatch(source, { ...world.api, journal }))
    expect(outcomes.map(({ customId }) => customId)).toEqual(source.map(({ customId }) => customId))
    expect(sizesOf(world)).toEqual([50, 100, 100, 100, 100])
  })

  it('finds batches that have ended at once, and waits for a source that is slow', async () => {
    const world = open()
    const journal = new MemoryJournal()
    await new BatchProcess(world, requests, { journal }).killAt(100_000)
    await world.clock.run(1_000_000)
    const startedAtMs = world.clock.now()
    async function* slowly(): AsyncGenerator<RunRequest> {
      // One of the second batch is not there any more; its answer is nobody's.
      for (const request of requests.filter(({ customId }) => customId !== 'r150')) {
        await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 10))
        yield request
      }
    }
    const { outcomes } = await world.until(runBatch(slowly(), { ...world.api, journal }))
    expect(outcomes).toHaveLength(249)
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(world.clock.now() - startedAtMs).toBeLessThan(5_000)
    expect(findBegun(journal.entries)).toEqual([])
    expect(batchesOf(world)).toHaveLength(3)
  })

  it('does not strike off what a source that broke off may still show', async () => {
    const world = open()
    const journal = new MemoryJournal()
    await new BatchProcess(world, requests, { journal }).killAt(100_000)
    await world.clock.run(1_000_000)
    async function* breakingOff(): AsyncGenerator<RunRequest> {
      yield* requests.slice(0, 10)
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 1_000))
      throw new Error('of the source')
    }
    const options = { ...world.api, journal }
    const error = await failureOf(world.until(runBatch(breakingOff(), options)))
    expect(error).toMatchObject({ cause: { message: 'of the source' } })
    const { outcomes } = await world.until(runBatch(requests, options))
    expectEachOnce(outcomes)
    expect(batchesOf(world)).toHaveLength(3)
  })

  it('forgets a batch whose requests have all gone into later ones', async () => {
    const world = open()
    const journal = new MemoryJournal()
    const customIds = ['r0']
    await journal.append({ type: 'uploaded', fileId: 'file-one', customIds })
    await journal.append({ type: 'created', fileId: 'file-one', batchId: 'one' })
    await journal.append({ type: 'uploaded', fileId: 'file-two', customIds })
    await world.until(runBatch(chats(1), { ...world.api, journal }))
    expect(findBegun(journal.entries)).toEqual([])
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('sends again what is in a batch that the server has forgotten', async () => {
    const world = open()
    const journal = new MemoryJournal()
    await new BatchProcess(world, requests, { journal }).killAt(100_000)
    const other = open()
    const { outcomes } = await other.until(runBatch(requests, { ...other.api, journal }))
    expectEachOnce(outcomes)
    expect(sizesOf(other)).toEqual([50, 100, 100])
  })

  it('sends again what is in a file that the server has forgotten', async () => {
    const world = open()
    const journal = new MemoryJournal()
    const customIds = requests.slice(0, 100).map(({ customId }) => customId)
    await journal.append({ type: 'uploaded', fileId: 'file-gone', customIds })
    const { outcomes } = await world.until(runBatch(requests, { ...world.api, journal }))
    expectEachOnce(outcomes)
    expect(sizesOf(world)).toEqual([50, 100, 100])
    expect(findBegun(journal.entries)).toEqual([])
  })

  it('leaves requests that went into a second batch to that one', async () => {
    const match = { endpoint: 'batches', method: 'POST', nth: 1 } as const
    const faults = [{ match, do: { kind: 'batch', failPerMille: 500 } as const }]
    const options: BatchWorldOptions = { mock: { faults } }
    const world = open(options)
    const journal = new MemoryJournal()
    const first = new BatchProcess(world, requests, { journal })
    await first.killAt(900_000)
    const before = idsInBatches(world)
    expect(before.length).toBeGreaterThan(3)
    expectEachOnce(await restart(world, journal, first))
    expect(idsInBatches(world)).toEqual(before)
  })
})

describe('a journal', () => {
  it('that fails ends the run, before anything is paid that it does not know of', async () => {
    const world = open()
    const journal = new MemoryJournal()
    journal.append = () => {
      throw new Error('the disk is full')
    }
    const error = await failureOf(world.until(runBatch(requests, { ...world.api, journal })))
    expect(error).toMatchObject({ message: 'the disk is full' })
    expect(batchesOf(world)).toEqual([])
  })

  it('that cannot be read ends the run before it begins', async () => {
    const world = open()
    const journal = new MemoryJournal()
    journal.load = () => {
      throw new Error('unreadable')
    }
    const error = await failureOf(world.until(runBatch(requests, { ...world.api, journal })))
    expect(error).toMatchObject({ message: 'unreadable' })
    expect(world.sent).toEqual([])
  })

  it('leaves the batches of an aborted run to the next one', async () => {
    const world = open()
    const journal = new MemoryJournal()
    const controller = new AbortController()
    const options = { ...world.api, journal, signal: controller.signal }
    const running = runBatch(requests, options)
    world.clock.setTimer(() => controller.abort(new Error('enough')), 100_000)
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    const { outcomes } = await world.until(runBatch(requests, { ...world.api, journal }))
    expectEachOnce(outcomes)
    expect(batchesOf(world).map(({ status }) => status)).toEqual(Array(3).fill('COMPLETED'))
  })

  it('is written one entry after the other, in an order that makes sense', async () => {
    const world = open()
    const stored = new MemoryJournal()
    let writing = 0
    const journal = {
      load: () => stored.load(),
      append: async (entry: BatchJournalEntry): Promise<void> => {
        writing += 1
        expect(writing).toBe(1)
        await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 10))
        await stored.append(entry)
        writing -= 1
      },
    }
    await world.until(runBatch(requests, { ...world.api, journal }))
    const kinds = new Map<string, string[]>()
    for (const { type, fileId } of stored.entries) {
      kinds.set(fileId, [...(kinds.get(fileId) ?? []), type])
    }
    const inOrder = ['uploaded', 'created', 'ended']
    expect([...kinds.values()]).toEqual([inOrder, inOrder, inOrder])
  })
})
