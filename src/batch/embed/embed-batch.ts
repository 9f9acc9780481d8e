/**
 * One batch of texts on its way to its vectors: sent, sent again after an outage, or split until the bad texts are found.
 */
import { InvariantError, isRunStoppedError, type ItemFailure } from '../../core/errors.ts'
import type { ApiAnswer } from '../api.ts'
import { judgeAnswer, readErrorMessage } from '../judge-answer.ts'
import type { LongRun } from '../long-run.ts'
import { Strikes } from '../strikes.ts'
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
  if (texts.length === batch.length) return embedWhole(embedding, batch)
  const failures = batch
    .filter(({ text }) => typeof text !== 'string')
    .map(({ index, text }) => {
      const message = `expected a string, received ${text === null ? 'null' : typeof text}`
      return refuse(embedding, index, { status: 0, text: JSON.stringify({ message }) })
    })
  const outcomes = texts.length === 0 ? [] : await embedWhole(embedding, texts)
  return [...outcomes, ...failures].toSorted((one, other) => one.index - other.index)
}

/** What a split has shown so far. */
interface Part {
  /** Of the batch that the texts are a part of: see `Strikes`. */
  readonly passesKnown: number | undefined
  /** Where nobody shows whether the text or the service is to blame, others may be tried first. */
  readonly mayDefer: boolean
}

async function embedWhole(
  embedding: Embedding,
  texts: readonly NumberedText[],
): Promise<TextOutcome[]> {
  const outcomes = await embedTexts(embedding, texts, { passesKnown: undefined, mayDefer: false })
  if (outcomes === undefined) throw new InvariantError('a batch was put off')
  return outcomes
}

/** @returns Undefined where it is unclear what is to blame, and it may be put off. */
async function embedTexts(
  embedding: Embedding,
  texts: readonly NumberedText[],
  part: Part,
): Promise<TextOutcome[] | undefined> {
  const { run, model, settings } = embedding
  const { gate } = run
  const strikes = new Strikes(gate, part.passesKnown)
  for (;;) {
    const pass = await run.pass()
    const answer = await run.post('/embeddings', {
      ...settings.body,
      model,
      input: texts.map(({ text }) => text),
    })
    if (answer.status >= 200 && answer.status < 300) {
      gate.open(pass)
      return take(embedding, texts, { answer, part })
    }
    const verdict = judgeAnswer(answer)
    if (verdict === 'content') {
      gate.open(pass)
      return split(embedding, texts, { answer, part })
    }
    if (verdict !== 'outage') throw run.stop(verdict, answer)
    const blame = strikes.blame(answer, texts.length > 1)
    run.closeGate(answer)
    if (blame === 'unclear' && part.mayDefer) return undefined
    if (blame === 'theirs') {
      const { passesKnown } = strikes
      return split(embedding, texts, { answer, part: { ...part, passesKnown } })
    }
  }
}

interface AnsweredPart {
  readonly answer: ApiAnswer
  readonly part: Part
}

async function take(
  embedding: Embedding,
  texts: readonly NumberedText[],
  { answer, part }: AnsweredPart,
): Promise<TextOutcome[] | undefined> {
  const { run, settings } = embedding
  const { vectors: format } = settings
  const vectors = readVectors(answer.text, { count: texts.length, format })
  if (vectors === undefined) {
    const message = 'the answer is not one vector for each text'
    return split(embedding, texts, {
      answer: { ...answer, text: JSON.stringify({ message }) },
      part,
    })
  }
  run.succeed(texts.length)
  return texts.map(({ index }, place) => {
    const vector = vectors[place]
    if (vector === undefined) throw new InvariantError('a vector got lost')
    return { index, embedding: vector }
  })
}

/**
 * Halves, one after the other: a bad text costs some requests, but no further places.
 *
 * A half of which it is unclear what is to blame comes again after the other, which shows it by its success.
 */
async function split(
  embedding: Embedding,
  texts: readonly NumberedText[],
  { answer, part }: AnsweredPart,
): Promise<TextOutcome[] | undefined> {
  const [first] = texts
  if (first !== undefined && texts.length === 1) return [refuse(embedding, first.index, answer)]
  const middle = texts.length >> 1
  const halves = [texts.slice(0, middle), texts.slice(middle)]
  const outcomes: TextOutcome[] = []
  const putOff: (readonly NumberedText[])[] = []
  const embedHalf = async (half: readonly NumberedText[], mayDefer: boolean): Promise<void> => {
    const found = await embedTexts(embedding, half, { ...part, mayDefer })
    if (found === undefined) putOff.push(half)
    else outcomes.push(...found)
  }
  try {
    for (const half of halves) await embedHalf(half, true)
    if (part.mayDefer && putOff.length === halves.length) return undefined
    for (const half of putOff.splice(0)) await embedHalf(half, false)
  } catch (error) {
    // What the others have was paid for; that the run has ended is told after it.
    if (outcomes.length === 0 || !isRunStoppedError(error)) throw error
  }
  return outcomes.toSorted((one, other) => one.index - other.index)
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
