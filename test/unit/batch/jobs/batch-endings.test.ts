import { describe, expect, it } from 'vitest'
import { runBatch, type BatchResult } from '../../../../src/index.ts'
import type { FaultRule } from '../../../../src/server/index.ts'
import type { BatchWorld } from '../../../helpers/batch-world.ts'
import { batchesOf, chat, chats, idsInBatches, open } from '../../../helpers/jobs-world.ts'

const dayMs = 86_400_000

/** What becomes of the first batch, or of all. */
function fate(action: object, isOfAll = false): FaultRule[] {
  const match = { endpoint: 'batches', method: 'POST', ...(isOfAll ? {} : { nth: 1 }) } as const
  return [{ match, do: { kind: 'batch', ...action } }]
}

function answered({ outcomes }: BatchResult): number {
  return outcomes.filter(({ response }) => response !== undefined).length
}

/** Cancels the first batch from outside when it has run for a while. */
function cancelLater({ mock, clock }: BatchWorld, atMs: number): void {
  clock.setTimer(() => {
    const { id } = JSON.parse(mock.handle(request('GET', '/v1/batches'), clock.now()).body)[0]
    mock.handle(request('POST', `/v1/batches/${id}/cancel`), clock.now())
  }, atMs)
}

function request(
  method: string,
  path: string,
): { method: string; path: string; headers: Record<string, string> } {
  return { method, path, headers: { authorization: 'Bearer key' } }
}

describe('what a batch leaves without an answer', () => {
  it('goes into a later one where the error may pass', async () => {
    const world = open({ mock: { faults: fate({ failPerMille: 300 }) } })
    const result = await world.until(runBatch(chats(100), world.api))
    const [first, second, third] = idsInBatches(world)
    expect(first).toHaveLength(100)
    expect(second?.length).toBeGreaterThan(10)
    expect(second?.length).toBeLessThan(60)
    expect(third).toBeUndefined()
    expect(answered(result)).toBe(100)
    expect(result.batches.map(({ answered: count }) => count)).toEqual([
      100 - (second?.length ?? 0),
      second?.length,
    ])
  })

  it('fails where the error is about the request', async () => {
    const world = open()
    const requests = [chat('a'), chat('b', { temperature: 'hot' }), chat('c')]
    const result = await world.until(runBatch(requests, world.api))
    expect(result.outcomes[1]).toMatchObject({
      failure: { message: expect.stringContaining('temperature') },
      batchId: batchesOf(world)[0]?.id,
    })
    expect(answered(result)).toBe(2)
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('fails with the last reason after so many batches', async () => {
    const world = open({ mock: { faults: fate({ failPerMille: 1_000 }, true) } })
    const result = await world.until(runBatch(chats(3), { ...world.api, attemptsMax: 4 }))
    expect(batchesOf(world)).toHaveLength(4)
    expect(result.outcomes.map(({ failure }) => failure)).toEqual(
      chats(3).map(() => ({
        status: undefined,
        message: 'Internal error. (in the last of 4 batches)',
      })),
    )
  })

  it('goes into a later one when the batch expires, but for what was done', async () => {
    const world = open({ mock: { faults: fate({ ending: 'EXPIRED', failPerMille: 100 }) } })
    const result = await world.until(runBatch(chats(100), world.api))
    expect(result.batches.map(({ status }) => status)).toEqual(['EXPIRED', 'COMPLETED'])
    expect(answered(result)).toBe(100)
    const [, second = []] = idsInBatches(world)
    expect(second).toHaveLength(100 - (result.batches[0]?.answered ?? 0))
    expect(second.length).toBeLessThan(75)
    expect(world.clock.now()).toBeGreaterThan(dayMs)
  })

  it('fails at once, with what the file says, where an expired batch has errors that do not pass', async () => {
    const requests = chats(100).map((each) => ({ ...each, body: { ...each.body, top_p: 7 } }))
    const world = open({ mock: { faults: fate({ ending: 'EXPIRED' }) } })
    const options = { ...world.api, attemptsMax: 2 }
    const failure = await world.until(
      runBatch(requests, options).then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
    // All were refused: the error file of the first batch was read, although it expired.
    expect(failure).toMatchObject({ cause: { reason: 'all-refused' } })
    const [, second = []] = idsInBatches(world)
    expect(second.length).toBeLessThan(75)
    expect(second.length).toBeGreaterThan(25)
  })

  it('goes into a later one when somebody cancels the batch, unless told otherwise', async () => {
    const world = open()
    cancelLater(world, 300_000)
    const result = await world.until(runBatch(chats(100), world.api))
    expect(result.batches.map(({ status }) => status)).toEqual(['CANCELLED', 'COMPLETED'])
    expect(answered(result)).toBe(100)
    const other = open()
    cancelLater(other, 300_000)
    const options = { ...other.api, resubmitsCancelled: false }
    const second = await other.until(runBatch(chats(100), options))
    expect(batchesOf(other)).toHaveLength(1)
    expect(answered(second)).toBeGreaterThan(25)
    expect(answered(second)).toBeLessThan(75)
    expect(second.outcomes.find(({ failure }) => failure !== undefined)?.failure).toEqual({
      status: undefined,
      message: 'the batch was cancelled before it was done',
    })
  })

  it('goes once more when the batch fails as a whole', async () => {
    const world = open({ mock: { faults: fate({ ending: 'FAILED' }) } })
    const result = await world.until(runBatch(chats(10), { ...world.api, attemptsMax: 1 }))
    expect(idsInBatches(world).map(({ length }) => length)).toEqual([10, 10])
    expect(answered(result)).toBe(10)
  })
})

function isPoisoned({ mock, clock }: BatchWorld, fileId: string): boolean {
  const { bytes } = mock.handle(request('GET', `/v1/files/${fileId}/content`), clock.now())
  return new TextDecoder().decode(bytes).includes('poison')
}

/** A batch fails by a word in its file. */
function openPoisoned(): BatchWorld {
  const world: BatchWorld = open({
    answered: (path, { text }) => {
      if (!/batches\/[\w-]+$/.test(path)) return undefined
      const batch = JSON.parse(text())
      if (!isPoisoned(world, batch.input_file_id)) return undefined
      const error = 'the engine stumbled'
      const { id, input_file_id } = batch
      const body = JSON.stringify({ id, input_file_id, status: 'FAILED', error })
      return new Response(body)
    },
  })
  return world
}

describe('a request that fails its batch as a whole', () => {
  it('is found by halves and named, and the others have their answers', async () => {
    const world = openPoisoned()
    const requests = chats(100).map((each, index) =>
      index === 37 || index === 91 ? chat(`${each.customId}-poison`) : each,
    )
    const result = await world.until(runBatch(requests, world.api))
    expect(answered(result)).toBe(98)
    expect(
      result.outcomes.filter(({ failure }) => failure !== undefined).map(({ index }) => index),
    ).toEqual([37, 91])
    expect(result.outcomes[37]?.failure).toEqual({
      status: undefined,
      message: 'a batch of this request alone fails: the engine stumbled',
    })
    // Twice together; then for each of the two its halves, and what stands beside them: 2 + 2 + 4 * 6 at the most.
    expect(batchesOf(world).length).toBeLessThanOrEqual(28)
  })

  it('is bounded where every request does', async () => {
    const world = openPoisoned()
    const requests = chats(16).map(({ customId }) => chat(`${customId}-poison`))
    const result = await world.until(runBatch(requests, world.api))
    expect(answered(result)).toBe(0)
    expect(batchesOf(world)).toHaveLength(2 + 2 + 4 + 8 + 16)
  })
})

/** Lets a file be something else. */
function openWith(spoil: (lines: string[]) => string[]): BatchWorld {
  return open({
    answered: (path, { text }) => {
      const lines = path.endsWith('/content') ? text().trimEnd().split('\n') : []
      return lines.length === 0 ? undefined : new Response(`${spoil(lines).join('\n')}\n`)
    },
  })
}

describe('a batch that the server does not know', () => {
  it.each([
    [2, 1],
    [3, 2],
  ])('%i times in a row is sent as %i', async (times, batches) => {
    let unknown = 0
    const world = open({
      intercept: (path) => {
        if (!/batches\/[\w-]+$/.test(path) || unknown >= times) return undefined
        unknown += 1
        return new Response('{"error":"no such batch"}', { status: 404 })
      },
    })
    const result = await world.until(runBatch(chats(10), world.api))
    expect(answered(result)).toBe(10)
    expect(batchesOf(world)).toHaveLength(batches)
  })
})

describe('files that a batch leaves', () => {
  it('count by their first line of each request', async () => {
    const world = openWith((lines) => [
      ...lines,
      ...lines.map((line) => line.replace('"status_code":200', '"status_code":400')),
    ])
    const result = await world.until(runBatch(chats(5), world.api))
    expect(answered(result)).toBe(5)
    expect(result.outcomes).toHaveLength(5)
  })

  it('may hold lines that are no JSON, of nobody, or of nothing: their requests go again', async () => {
    let isFirst = true
    const world = openWith((lines) => {
      if (!isFirst) return lines
      isFirst = false
      const [one = '', two = '', three = '', ...rest] = lines
      return [
        one.slice(0, 40),
        two.replace(/r\d/, 'nobody'),
        three.replace(/,"resp.*/, '}'),
        ...rest,
      ]
    })
    const result = await world.until(runBatch(chats(8), world.api))
    expect(idsInBatches(world).map(({ length }) => length)).toEqual([8, 3])
    expect(answered(result)).toBe(8)
    expect(result.outcomes).toHaveLength(8)
  })

  it('may hold errors in the place of answers', async () => {
    let statuses = [500, 429, 422]
    const world = openWith((lines) =>
      lines.map((line) => {
        const [status, ...left] = statuses
        if (status === undefined) return line
        statuses = left
        const { custom_id } = JSON.parse(line)
        const body = { error: { message: `status ${status}`, code: null } }
        return JSON.stringify({ custom_id, response: { status_code: status, body } })
      }),
    )
    const result = await world.until(runBatch(chats(8), world.api))
    expect(idsInBatches(world).map(({ length }) => length)).toEqual([8, 2])
    expect(answered(result)).toBe(7)
    expect(result.outcomes.find(({ failure }) => failure !== undefined)?.failure).toEqual({
      status: 422,
      message: 'status 422',
    })
  })

  it('may be gone: the requests go again', async () => {
    let gone = 0
    const world = open({
      intercept: (path) => {
        if (!path.endsWith('/content') || gone >= 3) return undefined
        gone += 1
        return new Response('{"error":{"message":"no such file"}}', { status: 404 })
      },
    })
    const result = await world.until(runBatch(chats(4), world.api))
    expect(answered(result)).toBe(4)
    expect(batchesOf(world)).toHaveLength(2)
  })
})
