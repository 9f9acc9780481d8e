import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentedProfile, type BatchOutcome } from '../../src/index.ts'
import { findBegun } from '../../src/batch/jobs/journal.ts'
import type { FaultRule } from '../../src/server/index.ts'
import { BatchProcess } from '../helpers/batch-process.ts'
import type { BatchWorld } from '../helpers/batch-world.ts'
import { batchesOf, chats, idsInFile, MemoryJournal, open } from '../helpers/jobs-world.ts'

const requestsMax = 8
const attemptsMax = 3
const hourMs = 3_600_000

/** What goes wrong, each by its chance in a thousand. */
interface Trouble {
  readonly requestFails: number
  readonly batchFails: number
  readonly batchExpires: number
  readonly lostBefore: number
  readonly lostAfter: number
  readonly unavailable: number
}

const chance = (max: number): fc.Arbitrary<number> => {
  return fc.oneof(fc.constant(0), fc.integer({ min: 1, max }))
}
const troubles: fc.Arbitrary<Trouble> = fc.record({
  requestFails: chance(500),
  batchFails: chance(400),
  batchExpires: chance(200),
  lostBefore: chance(200),
  lostAfter: chance(300),
  unavailable: chance(200),
})

function faultsOf(trouble: Trouble): FaultRule[] {
  const creation = { endpoint: 'batches', method: 'POST' } as const
  const failPerMille = trouble.requestFails
  return [
    ...(['batches', 'files'] as const).flatMap((endpoint): FaultRule[] => [
      {
        match: { endpoint, perMille: trouble.lostBefore },
        do: { kind: 'drop', when: 'before' },
      },
      { match: { endpoint, perMille: trouble.lostAfter }, do: { kind: 'drop', when: 'after' } },
      { match: { endpoint, perMille: trouble.unavailable }, do: { kind: 'status', status: 503 } },
    ]),
    {
      match: { ...creation, perMille: trouble.batchFails },
      do: { kind: 'batch', ending: 'FAILED' },
    },
    {
      match: { ...creation, perMille: trouble.batchExpires },
      do: { kind: 'batch', ending: 'EXPIRED', failPerMille },
    },
    { match: creation, do: { kind: 'batch', failPerMille } },
  ]
}

/** Which ids the server has answered, once for each time. */
function answeredOnServer(world: BatchWorld): string[] {
  return batchesOf(world).flatMap((batch) => {
    const id: unknown = Reflect.get(batch, 'output_file_id')
    return typeof id === 'string' ? idsInFile(world, id) : []
  })
}

interface Course {
  readonly world: BatchWorld
  readonly outcomes: readonly BatchOutcome[]
  readonly journal: MemoryJournal
}

/** Runs to the end, through processes that are killed after so long each. */
async function runThrough(
  count: number,
  { trouble, livesMs, seed }: { trouble: Trouble; livesMs: readonly number[]; seed: number },
): Promise<Course> {
  const world = open({
    mock: { seed, faults: faultsOf(trouble), batchDurationMs: { min: 60_000, max: 2 * hourMs } },
  })
  const journal = new MemoryJournal()
  const outcomes: BatchOutcome[] = []
  const options = {
    journal,
    attemptsMax,
    profile: { ...documentedProfile, batches: { requestsMax, bytesMax: 100_000 } },
    pollMsMin: 300_000,
    pollMsMax: 600_000,
  }
  for (const lifeMs of [...livesMs, Infinity]) {
    const had = new Set(outcomes.map(({ customId }) => customId))
    const left = chats(count).filter(({ customId }) => !had.has(customId))
    const process = new BatchProcess(world, left, options)
    if (lifeMs === Infinity) await process.end()
    else await process.killAt(world.clock.now() + lifeMs)
    outcomes.push(...process.taken)
  }
  // For the looks that follow.
  world.mock.setFaults([])
  return { world, outcomes, journal }
}

function expectSound({ world, outcomes, journal }: Course, count: number): void {
  const ids = outcomes.map(({ customId }) => customId)
  expect(ids.toSorted()).toEqual(
    chats(count)
      .map(({ customId }) => customId)
      .toSorted(),
  )
  const answered = outcomes.filter(({ response }) => response !== undefined)
  // Each answer comes from the request of its own id.
  for (const { customId, response } of answered) {
    expect(JSON.stringify(response)).toBe(JSON.stringify(expectedFor(world, customId)))
  }
  // Nothing was paid for twice, and nothing that was paid for is lost.
  expect(answeredOnServer(world).toSorted()).toEqual(
    answered.map(({ customId }) => customId).toSorted(),
  )
  expect(findBegun(journal.entries)).toEqual([])
}

/** The answer in the file of the batch that answered the request. */
function expectedFor(world: BatchWorld, customId: string): unknown {
  for (const batch of batchesOf(world)) {
    const id: unknown = Reflect.get(batch, 'output_file_id')
    if (typeof id !== 'string' || !idsInFile(world, id).includes(customId)) continue
    const path = `/v1/files/${id}/content`
    const headers = { authorization: 'Bearer key' }
    const { bytes } = world.mock.handle({ method: 'GET', path, headers }, world.clock.now())
    const lines = new TextDecoder().decode(bytes).trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line)).find((line) => line.custom_id === customId)
      ?.response.body
  }
  return undefined
}

describe('a batch run', () => {
  it('gives each request one outcome and pays for none twice, whatever goes wrong', async () => {
    const lives = fc.array(fc.oneof(fc.nat(2_000), fc.nat(3 * hourMs)), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.record({ trouble: troubles, livesMs: lives, seed: fc.nat(1_000) }),
        async (count, plan) => {
          expectSound(await runThrough(count, plan), count)
        },
      ),
      { numRuns: 60, seed: 5 },
    )
  })

  it('makes a bounded number of batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), troubles, fc.nat(1_000), async (count, trouble, seed) => {
        const course = await runThrough(count, { trouble, livesMs: [], seed })
        // Of eight at once a request is alone after three halvings; it is sent twice whole, then once a halving.
        const splits = 2 + Math.log2(requestsMax)
        expect(batchesOf(course.world).length).toBeLessThanOrEqual(count * attemptsMax * splits)
      }),
      { numRuns: 30, seed: 6 },
    )
  })
})
