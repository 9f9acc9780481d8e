/**
 * `GET /v1/fine-tunes/{id}/metrics`: what a training reports, step by step.
 *
 * Each number is a function of the job's settings and the step alone; the loss falls at every step.
 */

import { createSeededRandom } from '../../../core/random.ts'
import { parseIsoTime } from '../../state/iso-time.ts'
import { isJsonObject, numberOf } from '../body-rules.ts'
import { badRequest, type Problem } from '../problems.ts'
import { findFineTune } from './find.ts'
import { spreadSteps, stepAtMs, stepsDone, stepsOf, type FineTune } from './progress.ts'
import type { FineTuneDetails, Operation } from '../operation.ts'
import type { ServerTime } from '../../state/server-time.ts'

type Metric = Readonly<Record<string, number>>

const wholeParameters = ['global_step_from', 'global_step_to', 'resolution'] as const
const timeParameters = ['logged_at_from', 'logged_at_to'] as const

/** Lists what the training reported so far, in chronological order. @internal */
export const listFineTuneMetrics: Operation = {
  endpoint: 'fine-tunes',
  check: ({ query }) => findQueryProblem(query),
  act: (call, state) => {
    const found = findFineTune(call, state)
    if ('message' in found) return found
    const isWanted = readFilter(call.query)
    const metrics = metricsOf(found.job, call.atMs, state.time).filter(isWanted)
    const resolution = Number(call.query.get('resolution') ?? 0)
    return { status: 200, body: JSON.stringify({ metrics: sample(metrics, resolution) }) }
  },
}

function findQueryProblem(query: URLSearchParams): Problem | undefined {
  for (const name of wholeParameters) {
    if (/^\d{1,15}$/.test(query.get(name) ?? '0')) continue
    return badRequest(`${name} must be a whole number of at least 0`, name)
  }
  for (const name of timeParameters) {
    const text = query.get(name)
    if (text === null || parseIsoTime(text) !== undefined) continue
    return badRequest(`${name} must be an ISO 8601 time`, name)
  }
  return undefined
}

/** Bounds are included, and look at what a metric says of itself. */
function readFilter(query: URLSearchParams): (metric: Metric) => boolean {
  const [stepFrom = 0, stepTo = Infinity] = ['global_step_from', 'global_step_to'].map((name) => {
    const text = query.get(name)
    return text === null ? undefined : Number(text)
  })
  const [loggedFrom = -Infinity, loggedTo = Infinity] = timeParameters.map((name) => {
    const unixMs = parseIsoTime(query.get(name) ?? '')
    return unixMs === undefined ? undefined : unixMs / 1_000
  })
  return ({ global_step: step = 0, logged_at: logged = 0 }) =>
    step >= stepFrom && step <= stepTo && logged >= loggedFrom && logged <= loggedTo
}

/** At most so many metrics of the training, evenly spread, and all of the evaluations; 0 means all. */
function sample(metrics: readonly Metric[], resolution: number): readonly Metric[] {
  const training = metrics.filter(isTraining)
  if (resolution === 0 || training.length <= resolution) return metrics
  const kept = new Set(
    Array.from({ length: resolution }, (_, index) => {
      return training[Math.floor((index * training.length) / resolution)]
    }),
  )
  return metrics.filter((metric) => !isTraining(metric) || kept.has(metric))
}

function isTraining(metric: Metric): boolean {
  return 'train/loss' in metric
}

function metricsOf(job: FineTune, nowMs: number, time: ServerTime): readonly Metric[] {
  const { details } = job
  const total = stepsOf(details)
  const evaluated = new Set(spreadSteps(details, details.evaluations))
  const start = firstLossOf(details)
  const metrics: Metric[] = []
  for (let step = 1; step <= stepsDone(job, nowMs); step += 1) {
    const loss = lossAt(start, step / total)
    const head = {
      global_step: step,
      epoch: round((details.epochs * step) / total),
      logged_at: time.unixSeconds(stepAtMs(job, step)),
    }
    metrics.push({
      ...head,
      'train/loss': round(loss),
      'train/learning_rate': learningRateAt(details, step / total),
      'train/grad_norm': round(loss / 2),
    })
    if (evaluated.has(step)) metrics.push({ ...head, 'eval/loss': round(loss * 1.1) })
  }
  return metrics
}

/** Between 1.5 and 2.5, the same for the same file and model. */
function firstLossOf({ trainingFile, model }: FineTuneDetails): number {
  return 1.5 + createSeededRandom(0, `${model}/${trainingFile}`).next()
}

/** Falls to a fifth: steeply first, as losses do. */
function lossAt(start: number, share: number): number {
  return start / (1 + 4 * share)
}

/** Rises in the warm-up, then falls to its last ratio, in a line or along a cosine. */
function learningRateAt(details: FineTuneDetails, share: number): number {
  const { settings, learningRate, isCosine } = details
  const warmup = numberOf(settings, 'warmup_ratio') ?? 0
  if (share < warmup) return significant((learningRate * share) / warmup)
  const left = warmup < 1 ? (1 - share) / (1 - warmup) : 1
  const height = isCosine ? (1 - Math.cos(Math.PI * left)) / 2 : left
  const ratio = lastRatioOf(details)
  return significant(learningRate * (ratio + (1 - ratio) * height))
}

function lastRatioOf({ settings }: FineTuneDetails): number {
  const schedule = settings['lr_scheduler']
  const values = isJsonObject(schedule) ? schedule['lr_scheduler_args'] : undefined
  return isJsonObject(values) ? (numberOf(values, 'min_lr_ratio') ?? 0) : 0
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** Learning rates are too small to be rounded to decimals. */
function significant(value: number): number {
  return Number(value.toPrecision(6))
}
