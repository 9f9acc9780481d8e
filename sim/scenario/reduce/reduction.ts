/**
 * The ways of trying: what a reduction offers one after the other, in which order, and where it goes on when something
 * smaller still shows the failure. Each attempt supposes that those before it were in vain.
 */
import type { Scenario } from '../types.ts'

/** Where in a reduction an attempt stands: two numbers of which only the reduction itself knows what they mean. */
export type Place = readonly [number, number]

export interface Attempt {
  scenario: Scenario
  /** Where the reduction goes on, should this one still show the failure. */
  next: Place
}

export type Reduction = (scenario: Scenario, from: Place) => Iterable<Attempt>

export const start: Place = [0, 0]

/** Single steps. Those that are done, and so change nothing any more, must not be listed. */
export function trySteps(stepsOf: (scenario: Scenario) => readonly Scenario[]): Reduction {
  return function* stepByStep(scenario, [first]) {
    const steps = stepsOf(scenario)
    for (const [index, step] of steps.entries()) {
      // What is behind it takes its place in the list.
      if (index >= first) yield { scenario: step, next: [index, 0] }
    }
  }
}

/** One step, again and again for as long as it helps. */
export function tryRepeatedly(step: (scenario: Scenario) => Scenario): Reduction {
  return function* again(scenario) {
    yield { scenario: step(scenario), next: start }
  }
}

/** A list within a scenario. */
export interface Parts {
  count: (scenario: Scenario) => number
  /** Without those from one place to before another. */
  without: (scenario: Scenario, from: number, to: number) => Scenario
}

/** Leaves out all, then halves, quarters and so on, then single ones. */
export function tryWithout({ count, without }: Parts): Reduction {
  return function* piecewise(scenario, [sizeBefore, placeBefore]) {
    const total = count(scenario)
    let size = sizeBefore === 0 ? total : Math.min(sizeBefore, total)
    let from = placeBefore
    while (size >= 1) {
      for (; from < total; from += size) {
        // Those behind move up.
        yield { scenario: without(scenario, from, from + size), next: [size, from] }
      }
      size >>= 1
      from = 0
    }
  }
}

/** A number within a scenario. */
export interface Quantity {
  value: number
  /** The smallest that it may be. */
  min: number
  set: (value: number) => Scenario
}

/** Finds for each number the smallest that still shows the failure, or nearly: the last digits say nothing. */
export function tryLess(quantitiesOf: (scenario: Scenario) => readonly Quantity[]): Reduction {
  return function* bisect(scenario, [first, known]) {
    for (const [index, { value, min, set }] of quantitiesOf(scenario).entries()) {
      if (index < first || value <= min) continue
      // One more than the largest number that is known to be too small.
      let low = index === first ? known : 0
      if (low === 0) {
        yield { scenario: set(min), next: [index + 1, 0] }
        low = min + 1
      }
      while (value - low >= Math.max(1, value >> 4)) {
        const middle = roundBetween(low, value)
        yield { scenario: set(middle), next: [index, low] }
        low = middle + 1
      }
    }
  }
}

/** A number in the middle of both, as round as the room between them allows. */
function roundBetween(low: number, high: number): number {
  const middle = low + Math.floor((high - low) / 2)
  let unit = 1
  while (unit * 40 <= high - low) unit *= 10
  return Math.max(low, middle - (middle % unit))
}
