/** Looks for one mutant: seed after seed until something is wrong. */
import { systemClock } from '../../src/core/clock.ts'
import type { InvariantName } from '../invariants/types.ts'
import { seedsFor, type Baseline } from './baseline.ts'
import type { Ending, Runner } from './bench.ts'
import { none } from './switch.ts'

/**
 * - `found`: an invariant does not hold, or the subject crashes or hangs.
 * - `survived`: every seed that comes to its place holds, or the time was up.
 * - `unreached`: no seed comes to its place.
 * - `invalid`: the module does not load with it.
 */
export type Outcome = 'found' | 'survived' | 'unreached' | 'invalid'

export interface Hunt {
  outcome: Outcome
  /** What found it: the invariants that do not hold, or how the run ended without a verdict. */
  by: (InvariantName | 'crash' | 'hang')[]
  message: string
  /** The seed that found it. */
  seed: number | undefined
  /** Runs with it. */
  runs: number
  /** Seeds that come to its place. */
  seeds: number
  /** Runs whose trace is another one than without it. */
  tracesChanged: number
  /** The time was up before the seeds were. */
  isCutShort: boolean
  /** Real milliseconds. */
  tookMs: number
}

/** @param msMax - Real milliseconds after which no further seed is tried. */
export async function hunt(
  bench: Runner,
  mutant: number,
  { baseline, msMax }: { baseline: Baseline; msMax: number },
): Promise<Hunt> {
  const startedMs = systemClock.now()
  const seeds = seedsFor(mutant, baseline)
  const found = nothingYet(seeds.length)
  const problem = await prepare(bench, mutant, baseline)
  if (problem !== undefined) return { ...found, outcome: 'invalid', message: problem }
  for (const seed of seeds) {
    found.isCutShort = systemClock.now() - startedMs > msMax
    if (found.isCutShort) break
    const ending = await runSurely(bench, { mutant, seed }, baseline)
    found.runs += 1
    note(found, ending, { seed, hash: baseline.bySeed.get(seed)?.traceHash })
    if (found.outcome === 'found') break
  }
  return { ...found, tookMs: systemClock.now() - startedMs }
}

function nothingYet(seeds: number): Hunt {
  return {
    outcome: seeds === 0 ? 'unreached' : 'survived',
    by: [],
    message: '',
    seed: undefined,
    runs: 0,
    seeds,
    tracesChanged: 0,
    isCutShort: false,
    tookMs: 0,
  }
}

/** A mutant that acts while modules are loaded needs a process that was loaded with it; others one without any. */
async function prepare(
  bench: Runner,
  mutant: number,
  { atLoad }: Baseline,
): Promise<string | undefined> {
  if (atLoad.has(mutant)) return bench.start(mutant)
  return bench.isLoadedWithNone ? undefined : bench.start(none)
}

/**
 * Runs a seed, and where something is wrong makes sure that it is the mutant's doing and not what an earlier one has left
 * in the process: the same seed holds without it, or a new process says the same.
 */
async function runSurely(
  bench: Runner,
  order: { mutant: number; seed: number },
  baseline: Baseline,
): Promise<Ending> {
  const ending = await bench.run(order)
  if (!isWrong(ending) || baseline.atLoad.has(order.mutant)) return ending
  const { seed } = order
  const control = await bench.run({ mutant: none, seed })
  const isSound =
    control.kind === 'judged' &&
    !isWrong(control) &&
    control.report.traceHash === baseline.bySeed.get(seed)?.traceHash
  if (isSound) return ending
  await bench.start(none)
  return bench.run(order)
}

function isWrong(ending: Ending): boolean {
  return ending.kind !== 'judged' || ending.report.broken.length > 0
}

/** @param run.hash - Of the seed without a mutant. */
function note(found: Hunt, ending: Ending, run: { seed: number; hash: string | undefined }): void {
  if (ending.kind !== 'judged' || ending.report.traceHash !== run.hash) found.tracesChanged += 1
  // What only the counters tell is wrong on the same trace.
  if (!isWrong(ending)) return
  found.outcome = 'found'
  found.seed = run.seed
  found.by = ending.kind === 'judged' ? ending.report.broken : [ending.kind]
  found.message = ending.kind === 'judged' ? ending.report.message : ending.message
}
