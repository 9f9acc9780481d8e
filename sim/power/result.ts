/** What a run of all mutants says: the same bytes for the same sources, so nothing of the machine's time. */
import type { Candidate } from './candidates.ts'
import type { Hunt } from './hunt.ts'
import { powerDefaults, shareMin } from './options.ts'
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
  /** The time was up before the seeds were. */
  isCutShort: boolean
  /** In how many of the runs anything was different. */
  tracesChanged: number
  why: string
}

/** What was done: with the sources, all that the result hangs on but for how much fits into the seconds. */
export interface PowerIdentity {
  /** How many mutants were to be drawn; undefined where they were named. */
  sample: number | undefined
  /** Of the lot. */
  seed: number
  seeds: { first: number; last: number }
  /** Real time for each mutant at the most. */
  seconds: number
  /** All that could be planted, by module. */
  candidates: Record<string, number>
}

export interface PowerResult extends PowerIdentity {
  planted: number
  fates: Record<Fate, number>
  /** Found, of those that load and are not equivalent. */
  share: number
  /** Reasons of mutants that are found: to be struck out. */
  refuted: string[]
  mutants: MutantResult[]
}

type Reasons = ReadonlyMap<string, Reason>

export function toPowerResult(
  hunted: readonly Hunted[],
  reasons: Reasons,
  identity: PowerIdentity,
): PowerResult {
  return addUp(
    hunted.map((one) => toMutantResult(one)),
    reasons,
    identity,
  )
}

/** A result as it is with other reasons. */
export function explainAnew(result: PowerResult, reasons: Reasons): PowerResult {
  const { sample, seed, seeds, seconds, candidates } = result
  return addUp(result.mutants, reasons, { sample, seed, seeds, seconds, candidates })
}

function addUp(
  bare: readonly MutantResult[],
  reasons: Reasons,
  identity: PowerIdentity,
): PowerResult {
  const mutants = bare.map((mutant) => explain(mutant, reasons.get(mutant.id)))
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

/** The one that reports/ holds. */
export function isStandard({ sample, seed, seeds }: PowerIdentity): boolean {
  const { mutants, runs } = powerDefaults
  const isWhole = seeds.first === 1 && seeds.last === runs
  return sample === mutants && seed === powerDefaults.seed && isWhole
}

function toMutantResult({ mutant, hunt }: Hunted): MutantResult {
  const { id, module, operator, line, from, to = '' } = mutant
  const { outcome, by, message, seed, runs, seeds, tracesChanged, isCutShort } = hunt
  return {
    id,
    module,
    operator,
    line,
    from: oneLine(from),
    to: oneLine(to),
    fate: outcome === 'found' || outcome === 'invalid' ? outcome : 'unexplained',
    isUnreached: outcome === 'unreached',
    by,
    message,
    seed,
    runs,
    seeds,
    isCutShort,
    tracesChanged,
    why: '',
  }
}

function explain(mutant: MutantResult, reason: Reason | undefined): MutantResult {
  if (mutant.fate === 'found' || mutant.fate === 'invalid') return mutant
  return { ...mutant, fate: reason?.verdict ?? 'unexplained', why: reason?.why ?? '' }
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
