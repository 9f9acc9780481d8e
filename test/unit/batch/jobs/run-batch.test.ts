import { describe, expect, it } from 'vitest'
import {
  documentedProfile,
  iterateBatch,
  runBatch,
  type BatchProgress,
  type RunRequest,
} from '../../../../src/index.ts'
import {
  batchesOf,
  chat,
  chatModel,
  chats,
  idsInBatches,
  open,
  sizesOf,
  takeAll,
} from '../../../helpers/jobs-world.ts'

function lineOf({ customId, body }: RunRequest): string {
  return `${JSON.stringify({ custom_id: customId, body })}\n`
}

describe('a batch run', () => {
  it('hands out one outcome a request, in the order of the requests and by id', async () => {
    const world = open()
    const result = await world.until(runBatch(chats(250), world.api))
    expect(result.outcomes.map(({ index }) => index)).toEqual(chats(250).map((_, index) => index))
    expect(result.outcomes.map(({ customId }) => customId)).toEqual(
      chats(250).map(({ customId }) => customId),
    )
    expect(result.byId.get('r249')).toBe(result.outcomes[249])
    expect(result.outcomes.filter(({ failure }) => failure !== undefined)).toEqual([])
    expect(result.outcomes[0]).toMatchObject({
      model: chatModel,
      response: { object: 'chat.completion' },
      batchId: batchesOf(world)[0]?.id,
    })
    const reports = result.batches.map((report) => `${report.status} ${report.answered}`)
    expect(reports.toSorted()).toEqual(['COMPLETED 100', 'COMPLETED 100', 'COMPLETED 50'])
  })

  it('splits by count', async () => {
    const world = open()
    await world.until(runBatch(chats(201), world.api))
    expect(sizesOf(world)).toEqual([1, 100, 100])
  })

  it('splits by the bytes of the file, in UTF-8', async () => {
    const world = open()
    const requests = ['äöü', 'b', 'c'].map((id) => chat(id))
    const bytes = requests.map((request) => Buffer.byteLength(lineOf(request)))
    const two = (bytes[0] ?? 0) + (bytes[1] ?? 0)
    const run = async (bytesMax: number): Promise<string[][]> => {
      const other = open()
      const profile = { ...documentedProfile, batches: { requestsMax: 100, bytesMax } }
      await other.until(runBatch(requests, { ...other.api, profile }))
      return idsInBatches(other)
    }
    expect(await run(two)).toEqual([['äöü', 'b'], ['c']])
    expect(await run(two - 1)).toEqual([['äöü'], ['b', 'c']])
    expect(world.underWay).toBe(0)
  })

  it('names a request that is too large for a file of its own', async () => {
    const world = open()
    const profile = { ...documentedProfile, batches: { requestsMax: 100, bytesMax: 200 } }
    const requests = [chat('a'), chat('b', { stop: ['x'.repeat(200)] }), chat('c')]
    const { outcomes } = await world.until(runBatch(requests, { ...world.api, profile }))
    expect(outcomes.map(({ failure }) => failure?.message)).toEqual([
      undefined,
      expect.stringMatching(/^the request has \d+ bytes, a batch at most 200: make it smaller$/),
      undefined,
    ])
  })

  it('names what cannot be part of a batch, and sends the rest', async () => {
    const world = open()
    const requests = [
      chat('a'),
      chat('a'),
      chat(''),
      chat('x'.repeat(64)),
      chat('y'.repeat(65)),
      chat('s', { stream: true }),
      { ...chat('p'), path: '/embeddings' },
      { ...chat('q'), path: '/chat/completions' },
      chat('m', { model: 'Qwen/Qwen2.5-7B-Instruct' }),
    ]
    const { outcomes, byId } = await world.until(runBatch(requests, world.api))
    expect(idsInBatches(world)).toEqual([['a', 'x'.repeat(64), 'q']])
    expect(outcomes.map(({ failure }) => failure?.message.slice(0, 30))).toEqual([
      undefined,
      'a request before it has the sa',
      'expected a customId of 1 to 64',
      undefined,
      'expected a customId of 1 to 64',
      'a stream has no place in a run',
      'the requests of a batch run go',
      undefined,
      'there is no model Qwen/Qwen2.5',
    ])
    // The one that has an answer.
    expect(byId.get('a')?.response).toBeDefined()
  })

  it('has as many batches in flight as the profile allows, and reads on only for those', async () => {
    const world = open()
    let read = 0
    async function* source(): AsyncGenerator<RunRequest> {
      for (const request of chats(3_000)) {
        read += 1
        yield request
      }
    }
    const outcomes = iterateBatch(source(), world.api)
    await world.until(outcomes.next())
    // Nobody takes the rest.
    await world.clock.run(86_400_000)
    // Ten on the server, ten that have ended, and the one whose outcomes are being taken.
    expect(batchesOf(world)).toHaveLength(21)
    expect(read).toBe(2_100)
    const rest = await world.until(takeAll(outcomes))
    expect(rest).toHaveLength(2_999)
    expect(batchesOf(world)).toHaveLength(30)
  })

  it('reads on only so far where nothing can be sent', async () => {
    const world = open()
    let read = 0
    async function* source(): AsyncGenerator<RunRequest> {
      for (;;) {
        read += 1
        yield chat('')
      }
    }
    const outcomes = iterateBatch(source(), world.api)
    await world.until(outcomes.next())
    await world.clock.run(1_000)
    expect(read).toBeGreaterThan(10)
    expect(read).toBeLessThan(1_010)
    await world.until(outcomes.return({} as never))
  })

  it('looks at each batch every half minute to a minute, at times of its own', async () => {
    const looks = new Map<string, number[]>()
    const world = open({
      intercept: (path, _body, nowMs) => {
        if (/batches\/[\w-]+$/.test(path)) looks.set(path, [...(looks.get(path) ?? []), nowMs])
        return undefined
      },
    })
    await world.until(runBatch(chats(300), world.api))
    const gaps = [...looks.values()].flatMap((times) =>
      times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)),
    )
    expect(looks.size).toBe(3)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_200)
    expect(new Set(gaps).size).toBeGreaterThan(gaps.length / 2)
  })

  it('tells how far it is', async () => {
    const world = open()
    const seen: string[] = []
    const speeds: number[] = []
    const onProgress = (progress: BatchProgress): void => {
      speeds.push(progress.perSecond)
      seen.push(`${progress.batchesInFlight} ${progress.done}`)
    }
    await world.until(runBatch(chats(101), { ...world.api, onProgress }))
    expect(seen.slice(0, 3)).toEqual(['2 0', '2 0', '1 0'])
    expect(seen.at(-1)).toBe('0 101')
    expect(speeds.at(-1)).toBeCloseTo((101 / world.clock.now()) * 1_000, 2)
  })

  it('says what it cost, and what calls would have cost', async () => {
    const models = [
      { id: chatModel, type: 'chat' as const, pricing: { input: 2, output: 4 } },
      { id: 'free', type: 'chat' as const },
    ]
    const world = open({ mock: { models } })
    const { cost, outcomes } = await world.until(runBatch(chats(3), world.api))
    const usages = outcomes.map(({ response }) => Object(response).usage)
    const sum = (name: string): number => usages.reduce((total, usage) => total + usage[name], 0)
    expect(cost.promptTokens).toBe(sum('prompt_tokens'))
    expect(cost.completionTokens).toBe(sum('completion_tokens'))
    const usd = (cost.promptTokens * 2 + cost.completionTokens * 4) / 1_000_000
    expect(cost.promptTokens * cost.completionTokens).toBeGreaterThan(0)
    expect(cost.realTimeUsd).toBeCloseTo(usd, 12)
    expect(cost.batchUsd).toBeCloseTo(usd / 2, 12)
    expect(cost.savedUsd).toBeCloseTo(usd / 2, 12)
  })

  it('says nothing of a cost that it cannot know', async () => {
    const pricing = { input: 2, output: 4 }
    const models = [
      { id: chatModel, type: 'chat' as const, pricing },
      { id: 'free', type: 'chat' as const },
    ]
    const world = open({ mock: { models } })
    const requests = [chat('a'), chat('b', { model: 'free' })]
    const { cost } = await world.until(runBatch(requests, world.api))
    expect(cost.promptTokens).toBeGreaterThan(0)
    expect([cost.realTimeUsd, cost.batchUsd, cost.savedUsd]).toEqual(Array(3).fill(undefined))
    const other = open({ mock: { models } })
    const batches = { requestsMax: 100, bytesMax: 1_000_000 }
    const profile = { ...documentedProfile, batches }
    const second = await other.until(runBatch([chat('a')], { ...other.api, profile }))
    expect(second.cost.realTimeUsd).toBeGreaterThan(0)
    expect(second.cost.batchUsd).toBeUndefined()
  })

  it('is over at once where there is nothing', async () => {
    const world = open()
    const result = await world.until(runBatch([], world.api))
    expect(result).toMatchObject({ outcomes: [], batches: [], cost: { promptTokens: 0 } })
    expect(batchesOf(world)).toEqual([])
  })
})
