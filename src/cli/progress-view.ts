/**
 * Shows how far a command is: a bar on a terminal, a line now and then elsewhere.
 */
import type { BatchProgress, RunProgress } from '../batch/index.ts'
import type { Clock } from '../core/clock.ts'
import { formatCount, formatDuration } from './format.ts'
import { clearBar, drawBar, type Screen } from './progress-bar.ts'
import type { StartCounts } from './resume.ts'

const redrawMs = 200
const lineEveryMs = 30_000

/** @internal */
export class ProgressView {
  readonly #screen: Screen
  readonly #clock: Clock
  readonly #noun: string
  readonly #isQuiet: boolean
  #counts: StartCounts = { total: 0, before: 0 }
  #progress: Readonly<RunProgress> | undefined
  #isLineOpen = false
  #cancelTimer: (() => void) | undefined

  /** @param isQuiet - Shows nothing but what has to be said. */
  constructor(screen: Screen, clock: Clock, { noun, isQuiet }: { noun: string; isQuiet: boolean }) {
    this.#screen = screen
    this.#clock = clock
    this.#noun = noun
    this.#isQuiet = isQuiet
  }

  start(counts: StartCounts): void {
    this.#counts = counts
    if (this.#isQuiet) return
    const { total, before } = counts
    const done = before === 0 ? '' : `, ${formatCount(before)} of them dealt with before`
    this.#screen.write(`${formatCount(total)} ${this.#noun}${done}\n`)
    if (before < total) this.#arm()
  }

  /** Takes the run's progress, an object that changes. */
  update(progress: Readonly<RunProgress>): void {
    this.#progress = progress
  }

  /** Puts a line of its own on the screen. */
  say(text: string): void {
    this.#closeLine()
    this.#screen.write(`${text}\n`)
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#closeLine()
  }

  /** By a timer, not by the progress: nothing progresses during an outage, and that is what one wants to see. */
  #arm(): void {
    const everyMs = this.#screen.isTerminal ? redrawMs : lineEveryMs
    this.#cancelTimer = this.#clock.setTimer(
      () => {
        this.#show()
        this.#arm()
      },
      everyMs,
      { keepsAlive: false },
    )
  }

  #show(): void {
    const text = describeProgress(this.#counts, this.#progress)
    if (!this.#screen.isTerminal) {
      this.#screen.write(`${text}\n`)
      return
    }
    drawBar(this.#screen, shareDone(this.#counts, this.#progress), text)
    this.#isLineOpen = true
  }

  #closeLine(): void {
    if (!this.#isLineOpen) return
    clearBar(this.#screen)
    this.#isLineOpen = false
  }
}

function itemsDone({ before }: StartCounts, progress: Readonly<RunProgress> | undefined): number {
  return before + (progress === undefined ? 0 : progress.done + progress.failed)
}

function shareDone(counts: StartCounts, progress: Readonly<RunProgress> | undefined): number {
  return counts.total === 0 ? 1 : itemsDone(counts, progress) / counts.total
}

function isOfBatches(progress: Readonly<RunProgress>): progress is BatchProgress {
  return 'batchesInFlight' in progress
}

/** In words, the most important first. @internal */
export function describeProgress(
  counts: StartCounts,
  progress: Readonly<RunProgress> | undefined,
): string {
  const percent = (100 * shareDone(counts, progress)).toFixed(1)
  const done = formatCount(itemsDone(counts, progress))
  const parts = [`${done} of ${formatCount(counts.total)} (${percent} %)`]
  if (progress === undefined) return parts.join()
  const { outageMs, perSecond, remainingMs, failed } = progress
  if (outageMs > 0) parts.push(`the service has been down for ${formatDuration(outageMs)}`)
  else if (remainingMs !== undefined) {
    parts.push(`${perSecond.toFixed(1)}/s`, `${formatDuration(remainingMs)} left`)
  }
  if (isOfBatches(progress)) parts.push(`${progress.batchesInFlight} batches under way`)
  if (failed > 0) parts.push(`${formatCount(failed)} failed`)
  return parts.join(', ')
}
