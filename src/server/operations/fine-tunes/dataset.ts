/**
 * The training file as tokens: a preview of some rows, and where the whole archive of a job would lie.
 *
 * Files are not looked at. The rows are the same for every file, and a token is a word.
 */

import { numberOf, textOf, type BodyRules } from '../body-rules.ts'
import { notFound } from '../problems.ts'
import { findFineTune } from './find.ts'
import { trainableTypes } from './limits.ts'
import { instantAt, livedUntilMs, phases } from './progress.ts'
import type { JsonObject } from '../body-rules.ts'
import type { Operation } from '../operation.ts'

const ROWS_MAX = 100
const ROWS = 5
const MASKED = -100
const HOUR_MS = 3_600_000
const ARCHIVE_BYTES = 4_096

const userWords = ['What', ' is', ' this', '?']
const assistantWords = ['It', ' is', ' row', ' number']

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['training_file', { kind: 'string', isRequired: true, min: 1, max: 256 }],
  ['top_k', { kind: 'whole', min: 0, max: ROWS_MAX }],
  ['train_on_inputs', { kind: 'boolean' }],
  ['training_method', { kind: 'string', oneOf: ['sft'] }],
]

/** Shows how the first rows of a file are made into tokens. @internal */
export const previewFineTune: Operation = {
  endpoint: 'fine-tunes',
  rules,
  model: { field: 'model', types: trainableTypes },
  act: ({ body, model }) => {
    const trainsOnInputs = body['train_on_inputs'] === true
    const lengthMax = model?.contextLength ?? 1
    const preview = {
      dataset_format: 'conversation',
      max_seq_length: lengthMax,
      model: textOf(body, 'model'),
      train_on_inputs: trainsOnInputs,
      rows: Array.from({ length: numberOf(body, 'top_k') ?? ROWS }, (_, index) =>
        makeRow(index, trainsOnInputs, lengthMax),
      ),
    }
    return { status: 200, body: JSON.stringify(preview) }
  },
}

/** Models of the mock may have contexts shorter than a row. */
function makeRow(index: number, trainsOnInputs: boolean, lengthMax: number): JsonObject {
  const words = [...userWords, ...assistantWords, ` ${index + 1}`]
  const tokens = words.slice(0, lengthMax)
  const ids = tokens.map((word, place) => 100 + place + word.length)
  const trainedFrom = Math.min(trainsOnInputs ? 0 : userWords.length, tokens.length)
  const trained = tokens.length - trainedFrom
  return {
    tokens,
    input_ids: ids,
    labels: ids.map((id, place) => (place < trainedFrom ? MASKED : id)),
    num_tokens: tokens.length,
    num_trained_tokens: trained,
    trained_spans: trained === 0 ? [] : [[trainedFrom, tokens.length]],
    truncated: tokens.length < words.length,
  }
}

/** Tells where the archive of a job's tokens lies, from the start of its training on. Nothing lies there. @internal */
export const retrieveTokenizedDataset: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const found = findFineTune(call, state)
    if ('message' in found) return found
    const { job } = found
    if (livedUntilMs(job, call.atMs) < instantAt(job, phases.trainingStarted)) {
      return notFound('the job has no tokenized dataset yet', 'dataset_not_found')
    }
    const place = {
      url: `https://files.invalid/fine-tunes/${job.id.replaceAll(/[^\w-]/g, '_')}/tokenized.tar.zst`,
      filename: 'tokenized.tar.zst',
      content_type: 'application/zstd',
      size: ARCHIVE_BYTES,
      expires_at: state.time.isoTime(call.atMs + HOUR_MS),
    }
    return { status: 200, body: JSON.stringify(place) }
  },
}
