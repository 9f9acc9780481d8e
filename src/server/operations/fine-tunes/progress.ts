/**
 * How far a job is: stages, steps and checkpoints, each a function of the job and the instant asked for.
 *
 * Everything compares instants made by `instantAt`, so that a status and the event that announces it come together.
 */

import { endsAtMs, type Job } from '../../state/job-store.ts'
import type { FineTuneDetails } from '../operation.ts'

/** A fine-tune job. @internal */
export type FineTune = Job<FineTuneDetails>

/** The stages of a job that is left alone, each with the thousandth of the whole time at which it is over. */
const stages = [
  ['pending', 50],
  ['queued', 150],
  ['running', 850],
  ['compressing', 920],
  ['uploading', 1_000],
] as const

type Phase =
  | 'started'
  | 'modelLoaded'
  | 'dataLoaded'
  | 'trainingStarted'
  | 'trained'
  | 'compressed'
  | 'uploaded'

/** When what is over, in thousandths of the whole time. @internal */
export const phases: Readonly<Record<Phase, number>> = {
  started: 150,
  modelLoaded: 170,
  dataLoaded: 190,
  trainingStarted: 200,
  trained: 850,
  compressed: 920,
  uploaded: 1_000,
}

const STEPS_PER_EPOCH = 10
const TOKENS_PER_STEP = 1_024
const TOKENS_PER_DOLLAR = 1_000_000

/** When the job has so many thousandths of its time behind it. @internal */
export function instantAt(job: FineTune, perMille: number): number {
  return perMille >= 1_000 ? endsAtMs(job) : job.createdAtMs + (perMille * job.durationMs) / 1_000
}

/** The last instant at which anything happened to the job: it stands still once it is cancelled or completed. @internal */
export function livedUntilMs(job: FineTune, nowMs: number): number {
  return Math.min(nowMs, job.cancelledAtMs ?? endsAtMs(job))
}

/** The job's stage, and since when. @internal */
export function stageOf(job: FineTune, nowMs: number): { status: string; sinceMs: number } {
  if (job.cancelledAtMs !== undefined) return { status: 'cancelled', sinceMs: job.cancelledAtMs }
  let sinceMs = job.createdAtMs
  for (const [status, until] of stages) {
    const untilMs = instantAt(job, until)
    if (nowMs < untilMs) return { status, sinceMs }
    sinceMs = untilMs
  }
  return { status: 'completed', sinceMs }
}

/** The name of the job's stage. @internal */
export function statusOf(job: FineTune, nowMs: number): string {
  return stageOf(job, nowMs).status
}

/** Seconds to the next stage, rounded up; undefined where there is none. @internal */
export function secondsToNextStage(job: FineTune, nowMs: number): number | undefined {
  if (job.cancelledAtMs !== undefined) return undefined
  const next = stages.map(([, until]) => instantAt(job, until)).find((atMs) => nowMs < atMs)
  return next === undefined ? undefined : Math.ceil((next - nowMs) / 1_000)
}

/** All steps of a training. @internal */
export function stepsOf({ epochs }: Pick<FineTuneDetails, 'epochs'>): number {
  return epochs * STEPS_PER_EPOCH
}

/** The epochs that are whole after so many steps. @internal */
export function epochsAfter(step: number): number {
  return Math.floor(step / STEPS_PER_EPOCH)
}

/** When a step is done; the last one ends the training. @internal */
export function stepAtMs(job: FineTune, step: number): number {
  const share = step / stepsOf(job.details)
  return instantAt(job, phases.trainingStarted + share * (phases.trained - phases.trainingStarted))
}

/** Steps that are done. @internal */
export function stepsDone(job: FineTune, nowMs: number): number {
  const untilMs = livedUntilMs(job, nowMs)
  let step = 0
  while (step < stepsOf(job.details) && stepAtMs(job, step + 1) <= untilMs) step += 1
  return step
}

/** Tokens that so many steps train on. @internal */
export function tokensAfter(step: number): number {
  return step * TOKENS_PER_STEP
}

/** Tokens of the evaluations up to a step: each reads a validation file as long as an epoch. @internal */
export function evaluatedTokensAfter(details: FineTuneDetails, step: number): number {
  const steps = spreadSteps(details, details.evaluations)
  return steps.filter((done) => done <= step).length * tokensAfter(STEPS_PER_EPOCH)
}

/** What so many tokens cost, in whole dollars. @internal */
export function priceOf(tokens: number): number {
  return Math.ceil(tokens / TOKENS_PER_DOLLAR)
}

/** So many steps, evenly spread over the training, the last one included: where to save or to evaluate. @internal */
export function spreadSteps(details: FineTuneDetails, count: number): readonly number[] {
  const total = stepsOf(details)
  const steps = Array.from({ length: count }, (_, index) =>
    Math.ceil(((index + 1) * total) / count),
  )
  return [...new Set(steps)]
}

/** A version of the model that is kept. @internal */
export interface Checkpoint {
  readonly step: number
  readonly atMs: number
  readonly isFinal: boolean
  /** A whole model or an adapter to one. */
  readonly artifact: 'model' | 'adapter'
  readonly path: string
}

/** The steps before the last after which a version is saved. @internal */
export function savedSteps({ details }: FineTune): readonly number[] {
  return spreadSteps(details, details.checkpoints).slice(0, -1)
}

/** Where a saved version lies. Nothing lies there. @internal */
export function pathOf(job: FineTune, name: string): string {
  return `mock://fine-tunes/${job.id}/${name}`
}

/** The versions there are, the oldest first; an adapter is also merged into its model at the end. @internal */
export function checkpointsOf(job: FineTune, nowMs: number): readonly Checkpoint[] {
  const untilMs = livedUntilMs(job, nowMs)
  const saved = savedSteps(job)
    .map((step) => toCheckpoint(job, step))
    .filter(({ atMs }) => atMs <= untilMs)
  if (statusOf(job, nowMs) !== 'completed') return saved
  const artifacts = job.details.isLora ? (['model', 'adapter'] as const) : (['model'] as const)
  const final = { step: stepsOf(job.details), atMs: endsAtMs(job), isFinal: true }
  return [
    ...saved,
    ...artifacts.map((artifact) => ({ ...final, artifact, path: pathOf(job, artifact) })),
  ]
}

function toCheckpoint(job: FineTune, step: number): Checkpoint {
  const artifact = job.details.isLora ? 'adapter' : 'model'
  const path = pathOf(job, `step-${step}`)
  return { step, atMs: stepAtMs(job, step), isFinal: false, artifact, path }
}
