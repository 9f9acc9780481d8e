/** What a run of all mutants says: the same bytes for the same sources, so nothing of the machine's time. */
import type { Candidate } from './candidates.ts'
import type { Hunt } from './hunt.ts'
import { shareMin } from './options.ts'
import type { Reason, Verdict } from './reasons.ts'
import type { Hunted } from './run-mutants.ts'

/** What became of a mutant; `unexplained` are those that survive without a written reason. */
export type Fate = 'found' | 'invalid' | Verdict | 'unexplained'

export interface MutantResult extends Pick<Candidate, 'id' | 'module' | 'operator' | 'line'> {
  from: string
  /** Empty where the statement is left out. */
  to: string
  fate: Fate
  /** No seed comes to its place. */
  isUnreached: boolean
  /** What found it. */
  by: Hunt['by']
  message: string
  seed: number | undefined
  /** Runs with it, of so many seeds that come to its place. */
  runs: number
  seeds: number
  /** In how many of the runs anything was different. */
  tracesChanged: number
  why: string
}

export interface PowerResult {
  /** Of the lot. */
  seed: number
  seeds: { first: number; last: number }
  /** All that could be planted, by module. */
  candidates: Record<string, number>
  planted: number
  fates: Record<Fate, number>
  /** Found, of those that load and are not equivalent. */
  share: number
  /** Reasons of mutants that are found: to be struck out. */
  refuted: string[]
  mutants: MutantResult[]
}

export function toPowerResult(
  hunted: readonly Hunted[],
  reasons: ReadonlyMap<string, Reason>,
  identity: Pick<PowerResult, 'seed' | 'seeds' | 'candidates'>,
): PowerResult {
  const mutants = hunted.map((one) => toMutantResult(one, reasons.get(one.mutant.id)))
  const fates = countFates(mutants)
  const able = mutants.length - fates.invalid - fates.equivalent
  return {
    ...identity,
    planted: mutants.length,
    fates,
    share: able === 0 ? 1 : Math.round((1_000 * fates.found) / able) / 1_000,
    refuted: mutants.filter(({ id, fate }) => fate === 'found' && reasons.has(id)).map(idOf),
    mutants,
  }
}

/** Enough is found, and of what is not it is written down why. */
export function isStrong({ share, fates, refuted }: PowerResult): boolean {
  return share >= shareMin && fates.unexplained === 0 && refuted.length === 0
}

function toMutantResult({ mutant, hunt }: Hunted, reason: Reason | undefined): MutantResult {
  const { id, module, operator, line, from, to = '' } = mutant
  const { outcome, by, message, seed, runs, seeds, tracesChanged } = hunt
  const fate = outcome === 'found' || outcome === 'invalid' ? outcome : reason?.verdict
  return {
    id,
    module,
    operator,
    line,
    from: oneLine(from),
    to: oneLine(to),
    fate: fate ?? 'unexplained',
    isUnreached: outcome === 'unreached',
    by,
    message,
    seed,
    runs,
    seeds,
    tracesChanged,
    why: outcome === 'found' ? '' : (reason?.why ?? ''),
  }
}

export function countFates(mutants: readonly MutantResult[]): Record<Fate, number> {
  const fates = { found: 0, invalid: 0, equivalent: 0, untold: 0, missed: 0, unexplained: 0 }
  for (const { fate } of mutants) fates[fate] += 1
  return fates
}

function idOf({ id }: { id: string }): string {
  return id
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
