/**
 * One batch of texts on its way to its vectors: sent, sent again after an outage, or split until the bad texts are found.
 */
import { InvariantError, type ItemFailure } from '../../core/errors.ts'
import type { ApiAnswer } from '../api.ts'
import { judgeAnswer, mayBeOfContent, readErrorMessage } from '../judge-answer.ts'
import type { EmbedRun } from './embed-run.ts'
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

/** So many texts refused and not one accepted: the fault is not theirs. */
const refusedOnlyMax = 100
/** After so many failures in a row of the same texts, while others succeed, it is these texts. */
const strikesMax = 3

/**
 * The outcomes of a batch, in its order.
 *
 * @throws {RunStoppedError} Where no request of the run can succeed any more.
 * @internal
 */
export async function embedBatch(
  run: EmbedRun,
  batch: readonly NumberedText[],
): Promise<TextOutcome[]> {
  const texts = batch.filter(({ text }) => typeof text === 'string')
  if (texts.length === batch.length) return embedTexts(run, batch)
  const bad = batch.filter(({ text }) => typeof text !== 'string')
  run.count(0, bad.length)
  const failures = bad.map(({ index, text }) => {
    const message = `expected a string, received ${text === null ? 'null' : typeof text}`
    return { index, failure: { index, status: undefined, message } }
  })
  const outcomes = texts.length === 0 ? [] : await embedTexts(run, texts)
  return [...outcomes, ...failures].toSorted((one, other) => one.index - other.index)
}

/**
 * @param knownSuccesses - Of the run, when the texts' trouble began: later ones show that the service is there.
 */
async function embedTexts(
  run: EmbedRun,
  texts: readonly NumberedText[],
  knownSuccesses: number = run.gate.successCount,
): Promise<TextOutcome[]> {
  const { gate } = run
  for (let strikes = 1; ; strikes += 1) {
    const answer = await run.post({ input: texts.map(({ text }) => text) })
    if (answer.status >= 200 && answer.status < 300) {
      gate.open()
      return take(run, texts, answer)
    }
    const verdict = judgeAnswer(answer)
    if (verdict === 'content') {
      gate.open()
      return split(run, texts, { answer, knownSuccesses })
    }
    if (verdict !== 'outage') throw run.stop(verdict, answer)
    const othersSucceed = gate.successCount > knownSuccesses
    // Nobody else is there to show it: the halves may.
    const isAlone = gate.waitingCount === 0 && texts.length > 1
    run.closeGate(answer)
    if (strikes >= strikesMax && mayBeOfContent(answer) && (othersSucceed || isAlone)) {
      return split(run, texts, { answer, knownSuccesses })
    }
  }
}

async function take(
  run: EmbedRun,
  texts: readonly NumberedText[],
  answer: ApiAnswer,
): Promise<TextOutcome[]> {
  const { vectors: format } = run.settings
  const vectors = readVectors(answer.text, { count: texts.length, format })
  if (vectors === undefined) {
    const message = 'the answer is not one vector for each text'
    return split(run, texts, { answer: { ...answer, text: JSON.stringify({ message }) } })
  }
  run.count(texts.length, 0)
  return texts.map(({ index }, place) => {
    const embedding = vectors[place]
    if (embedding === undefined) throw new InvariantError('a vector got lost')
    return { index, embedding }
  })
}

/** Halves, one after the other: a bad text costs some requests, but no further places. */
async function split(
  run: EmbedRun,
  texts: readonly NumberedText[],
  { answer, knownSuccesses }: { answer: ApiAnswer; knownSuccesses?: number },
): Promise<TextOutcome[]> {
  const [first] = texts
  if (first !== undefined && texts.length === 1) return [refuse(run, first, answer)]
  const middle = texts.length >> 1
  const halves = [texts.slice(0, middle), texts.slice(middle)]
  const outcomes: TextOutcome[] = []
  for (const half of halves) outcomes.push(...(await embedTexts(run, half, knownSuccesses)))
  return outcomes
}

function refuse(run: EmbedRun, { index }: NumberedText, answer: ApiAnswer): TextOutcome {
  run.count(0, 1)
  const { textsDone, textsFailed } = run.meter.progress
  if (textsDone === 0 && textsFailed >= refusedOnlyMax) throw run.stop('all-refused', answer)
  const status = answer.status === 0 ? undefined : answer.status
  return { index, failure: { index, status, message: readErrorMessage(answer) } }
}
