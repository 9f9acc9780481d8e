/** Shows how far a set of runs is: a bar on a terminal, a line now and then elsewhere. */
import { formatCount, formatDuration } from '../../src/cli/format.ts'
import { clearBar, drawBar, type Screen } from '../../src/cli/progress-bar.ts'
import { realNowMs } from '../real-timer.ts'

const redrawMs = 100
const lineEveryMs = 30_000
const [hideCursor, showCursor] = ['\u001B[?25l', '\u001B[?25h']

export class Progress {
  readonly #total: number
  readonly #screen: Screen
  readonly #nowMs: () => number
  readonly #startedAtMs: number
  #shownAtMs: number
  #done = 0
  #broken = 0
  #isOpen = false

  /** @param nowMs - Real time: the globals' is virtual. */
  constructor(total: number, screen: Screen, nowMs: () => number) {
    this.#total = total
    this.#screen = screen
    this.#nowMs = nowMs
    this.#startedAtMs = nowMs()
    this.#shownAtMs = this.#startedAtMs
    if (screen.isTerminal) this.#open()
  }

  /** A run is over. @param isBroken - It violates an invariant. */
  add(isBroken: boolean): void {
    this.#done += 1
    if (isBroken) this.#broken += 1
    const everyMs = this.#screen.isTerminal ? redrawMs : lineEveryMs
    if (this.#nowMs() - this.#shownAtMs < everyMs) return
    this.#shownAtMs = this.#nowMs()
    if (this.#screen.isTerminal) this.#draw()
    else this.#screen.write(`${this.#describe()}\n`)
  }

  /** Leaves the terminal as it was; may be called again. */
  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearBar(this.#screen)
    this.#screen.write(showCursor)
  }

  #open(): void {
    this.#isOpen = true
    this.#screen.write(hideCursor)
    this.#draw()
  }

  #draw(): void {
    if (this.#isOpen) drawBar(this.#screen, this.#done / this.#total, this.#describe())
  }

  /** The most important first: a narrow terminal shows only the beginning. */
  #describe(): string {
    const parts = [`${formatCount(this.#done)} of ${formatCount(this.#total)} runs`]
    parts.push(this.#broken === 0 ? 'none broken' : `${formatCount(this.#broken)} BROKEN`)
    const tookMs = this.#nowMs() - this.#startedAtMs
    if (this.#done > 0 && tookMs > 0) {
      const leftMs = (tookMs * (this.#total - this.#done)) / this.#done
      parts.push(
        `${((1_000 * this.#done) / tookMs).toFixed(1)}/s`,
        `${formatDuration(leftMs)} left`,
      )
    }
    return parts.join(', ')
  }
}

/** On standard error; whatever ends the process, the terminal's cursor is there again. */
export function startProgress(total: number): Progress {
  const { stderr, env } = process
  const screen: Screen = {
    // What keeps a log has no use for a line that is drawn over.
    isTerminal: stderr.isTTY && env['CI'] === undefined && env['TERM'] !== 'dumb',
    get width() {
      return stderr.columns
    },
    write: (text) => void stderr.write(text),
  }
  const progress = new Progress(total, screen, realNowMs)
  if (!screen.isTerminal) return progress
  process.once('exit', () => progress.end())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      progress.end()
      // By now nobody listens to it any more, and it does what it does to other processes.
      process.kill(process.pid, signal)
    })
  }
  return progress
}
