/** Every smaller scenario that is worth trying, in the order in which a large part is left out soonest. */
import { findUnfair } from '../legal.ts'
import type { Scenario } from '../types.ts'
import { lists } from './lists.ts'
import { quantitiesOf } from './numbers.ts'
import {
  start,
  tryLess,
  tryRepeatedly,
  trySteps,
  tryWithout,
  type Place,
  type Reduction,
} from './reduction.ts'
import { halved, withDefaults, withoutExtras, withoutKinds } from './simpler.ts'

/** Whole kinds, then half of everything, then lists by halves, then what is unusual, then numbers. */
const reductions: readonly Reduction[] = [
  trySteps(withoutKinds),
  tryRepeatedly(halved),
  ...lists.map(tryWithout),
  trySteps(withDefaults),
  trySteps(withoutExtras),
  tryLess(quantitiesOf),
]

/** How far a search has come. */
export interface Progress {
  readonly reduction: number
  readonly place: Place
  /** Something has become smaller since the first reduction was tried: then all are tried once more. */
  readonly isSmaller: boolean
}

export const beginning: Progress = { reduction: 0, place: start, isSmaller: false }

/** Smaller scenarios, all fair, each with the progress from which to go on should it still show the failure. */
export function* reduceScenario(
  scenario: Scenario,
  { reduction: first, place, isSmaller }: Progress,
): Generator<{ scenario: Scenario; progress: Progress }, void> {
  const own = JSON.stringify(scenario)
  for (const [reduction, tryAll] of reductions.entries()) {
    if (reduction < first) continue
    for (const attempt of tryAll(scenario, reduction === first ? place : start)) {
      if (findUnfair(attempt.scenario) !== undefined) continue
      if (JSON.stringify(attempt.scenario) === own) continue
      const progress = { reduction, place: attempt.next, isSmaller: true }
      yield { scenario: attempt.scenario, progress }
    }
  }
  if (isSmaller) yield* reduceScenario(scenario, beginning)
}
