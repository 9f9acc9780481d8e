/** What the command and the processes in the copy say to each other. */
import type { InvariantName } from '../invariants/types.ts'

/** For a new process: the mutant that is on while its modules are loaded. */
export interface Start {
  mutant: number
}

export interface Order {
  /** The number of a switch, or `none`. */
  mutant: number
  seed: number
}

/** A run and what came of it. */
export interface RunReport {
  /** What the scenario presses on, and by what of the module. */
  kind: string
  traceHash: string
  /** The invariants that do not hold. */
  broken: InvariantName[]
  /** What the first of them says. */
  message: string
  /** How much was looked at: about how long a run is. */
  checks: number
  /** Mutants whose places were come to. */
  met: number[]
}

export type Report =
  | { ready: true; met: number[] }
  /** The run did not come to a verdict: the subject threw where nobody catches. */
  | { crashed: string; met: number[] }
  | RunReport
