/**
 * Embeds a million short texts against the mock in virtual time, in a process of its own so that its memory can be seen.
 *
 * Prints what it came to as JSON.
 */
import process from 'node:process'
import { embedDocuments } from '../../src/batch/index.ts'
import { MockTogether, serverProfiles } from '../../src/server/index.ts'
import { BatchWorld } from './batch-world.ts'

/** What is printed. @internal */
export interface MillionReport {
  readonly texts: number
  readonly requests: number
  readonly refused: number
  readonly wrongVectors: number
  readonly makespanMs: number
  /** Headers of every answer come so long after the grant. */
  readonly headersMs: number
  readonly peakBytes: number
}

const textsTotal = 1_000_000
const batchSize = 20
const model = 'mock/embed-32'
const wayMs = 50
const headers = { authorization: 'Bearer key' }

function* textsUpTo(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) yield `text ${index}`
}

/** Says what the vectors have to be, twenty at a time. */
class Reference {
  readonly #mock = new MockTogether({
    profile: serverProfiles.find(({ name }) => name === 'unlimited') ?? fail(),
    journalLengthMax: 0,
  })
  #first = 0
  #vectors: number[][] = []

  vectorOf(index: number): number[] | undefined {
    if (index >= this.#first + this.#vectors.length) this.#load(index)
    return this.#vectors[index - this.#first]
  }

  #load(first: number): void {
    const input = Array.from({ length: batchSize }, (_, at) => `text ${first + at}`)
    const body = JSON.stringify({ model, input })
    const request = { method: 'POST', path: '/v1/embeddings', headers, body }
    const answer: { data: { embedding: number[] }[] } = JSON.parse(
      this.#mock.handle(request, 0).body,
    )
    this.#first = first
    this.#vectors = answer.data.map(({ embedding }) => embedding)
  }
}

function fail(): never {
  throw new Error('there is no profile without limits')
}

async function embedAll(): Promise<MillionReport> {
  const world = new BatchWorld({ wayMs, mock: { journalLengthMax: 0 }, keepsBodies: false })
  const reference = new Reference()
  let [texts, wrongVectors, peakBytes] = [0, 0, 0]
  // Without the list of models, every request is one of embeddings.
  const options = { ...world.api, total: textsTotal, batchSize, checksModels: false }
  const run = embedDocuments(textsUpTo(textsTotal), model, options)
  const readAll = async (): Promise<void> => {
    for await (const { index, embedding } of run) {
      const expected = reference.vectorOf(index)
      const isRight =
        index === texts &&
        embedding?.length === expected?.length &&
        embedding?.every((part, at) => part === expected?.[at]) === true
      if (!isRight) wrongVectors += 1
      texts += 1
      if (texts % 5_000 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
    }
  }
  await world.until(readAll())
  const makespanMs = world.clock.now()
  const { requests, refused } = world.mock.state(makespanMs).totals
  const headersMs = 2 * wayMs
  return { texts, requests, refused, wrongVectors, makespanMs, headersMs, peakBytes }
}

process.stdout.write(JSON.stringify(await embedAll()))
