/**
 * Draws from a lognormal distribution: what times to answer look like, never below zero and with a long tail above.
 */

import type { Random } from '../../core/random.ts'

/** Each try succeeds with 0.785; so many in a row fail less often than once in 10^42. */
const TRIES_MAX = 64

/**
 * A factor whose median is 1 and whose logarithm has the standard deviation `sigma`.
 *
 * How many numbers it takes from the stream does not depend on `sigma`, above 0: with equal seeds, two models differ in
 * their figures only, not in their luck.
 *
 * @internal
 */
export function drawLognormal(random: Random, sigma: number): number {
  return sigma === 0 ? 1 : Math.exp(sigma * drawNormal(random))
}

/** Marsaglia's polar method: `log` and `sqrt`, which all versions of Node compute alike. */
function drawNormal(random: Random): number {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const x = 2 * random.next() - 1
    const y = 2 * random.next() - 1
    const square = x * x + y * y
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square)
  }
  return 0
}
