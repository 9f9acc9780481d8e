/**
 * One batch of texts on its way to its vectors: sent, sent again after an outage, or split until the bad texts are found.
 */
import { InvariantError, type ItemFailure } from '../../core/errors.ts'
import type { ApiAnswer } from '../api.ts'
import { judgeAnswer, mayBeOfContent, readErrorMessage } from '../judge-answer.ts'
import type { LongRun } from '../long-run.ts'
import type { EmbedSettings } from './options.ts'
import { readVectors, type Vector } from './read-vectors.ts'

/** A text and its place in the source. @internal */
export interface NumberedText {
  readonly index: number
  readonly text: unknown
}

/** What became of a text. @internal */
export type TextOutcome =
  | { readonly index: number; readonly embedding: Vector }
  | { readonly index: number; readonly failure: ItemFailure }

/** A run, and what it is about. @internal */
export interface Embedding {
  readonly run: LongRun
  readonly model: string
  readonly settings: EmbedSettings
}

/** After so many failures in a row of the same texts, while others succeed, it is these texts. */
const strikesMax = 3

const notListed = {
  status: 0,
  text: JSON.stringify({ message: 'GET /v1/models has no such model' }),
}

/**
 * The outcomes of a batch, in its order.
 *
 * @throws {RunStoppedError} Where no request of the run can succeed any more.
 * @internal
 */
export async function embedBatch(
  embedding: Embedding,
  batch: readonly NumberedText[],
): Promise<TextOutcome[]> {
  const nearest = await embedding.run.findMissing(embedding.model)
  if (nearest !== undefined) throw embedding.run.stop('model-unavailable', notListed, nearest)
  const texts = batch.filter(({ text }) => typeof text === 'string')
  if (texts.length === batch.length) return embedTexts(embedding, batch)
  const failures = batch
    .filter(({ text }) => typeof text !== 'string')
    .map(({ index, text }) => {
      const message = `expected a string, received ${text === null ? 'null' : typeof text}`
      return refuse(embedding, index, { status: 0, text: JSON.stringify({ message }) })
    })
  const outcomes = texts.length === 0 ? [] : await embedTexts(embedding, texts)
  return [...outcomes, ...failures].toSorted((one, other) => one.index - other.index)
}

/**
 * @param knownSuccesses - Of the run, when the texts' trouble began: later ones show that the service is there.
 */
async function embedTexts(
  embedding: Embedding,
  texts: readonly NumberedText[],
  knownSuccesses: number = embedding.run.gate.successCount,
): Promise<TextOutcome[]> {
  const { run, model, settings } = embedding
  const { gate } = run
  for (let strikes = 1; ; strikes += 1) {
    await run.pass()
    const answer = await run.post('/embeddings', {
      ...settings.body,
      model,
      input: texts.map(({ text }) => text),
    })
    if (answer.status >= 200 && answer.status < 300) {
      gate.open()
      return take(embedding, texts, answer)
    }
    const verdict = judgeAnswer(answer)
    if (verdict === 'content') {
      gate.open()
      return split(embedding, texts, { answer, knownSuccesses })
    }
    if (verdict !== 'outage') throw run.stop(verdict, answer)
    const othersSucceed = gate.successCount > knownSuccesses
    // Nobody else is there to show it: the halves may.
    const isAlone = gate.waitingCount === 0 && texts.length > 1
    run.closeGate(answer)
    if (strikes >= strikesMax && mayBeOfContent(answer) && (othersSucceed || isAlone)) {
      return split(embedding, texts, { answer, knownSuccesses })
    }
  }
}

async function take(
  embedding: Embedding,
  texts: readonly NumberedText[],
  answer: ApiAnswer,
): Promise<TextOutcome[]> {
  const { run, settings } = embedding
  const { vectors: format } = settings
  const vectors = readVectors(answer.text, { count: texts.length, format })
  if (vectors === undefined) {
    const message = 'the answer is not one vector for each text'
    return split(embedding, texts, { answer: { ...answer, text: JSON.stringify({ message }) } })
  }
  run.succeed(texts.length)
  return texts.map(({ index }, place) => {
    const vector = vectors[place]
    if (vector === undefined) throw new InvariantError('a vector got lost')
    return { index, embedding: vector }
  })
}

/** Halves, one after the other: a bad text costs some requests, but no further places. */
async function split(
  embedding: Embedding,
  texts: readonly NumberedText[],
  { answer, knownSuccesses }: { answer: ApiAnswer; knownSuccesses?: number },
): Promise<TextOutcome[]> {
  const [first] = texts
  if (first !== undefined && texts.length === 1) return [refuse(embedding, first.index, answer)]
  const middle = texts.length >> 1
  const halves = [texts.slice(0, middle), texts.slice(middle)]
  const outcomes: TextOutcome[] = []
  for (const half of halves) outcomes.push(...(await embedTexts(embedding, half, knownSuccesses)))
  return outcomes
}

function refuse(
  { run }: Embedding,
  index: number,
  answer: Pick<ApiAnswer, 'status' | 'text'>,
): TextOutcome {
  run.refuse(answer)
  const status = answer.status === 0 ? undefined : answer.status
  return { index, failure: { index, status, message: readErrorMessage(answer) } }
}
