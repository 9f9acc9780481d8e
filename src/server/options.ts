/**
 * Checks of single option values, each with an error that names the option and the value; and what ranges mean.
 *
 * The mock is configured from files and command lines; a wrong setting must fail at the start, not at a request.
 */

import { InvalidOptionError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { RangeMs } from './contract.ts'

/** @throws {InvalidOptionError} Unless `value` is a whole number within the bounds, both included. @internal */
export function requireWhole(
  option: string,
  value: unknown,
  [min, max]: readonly [number, number],
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return value
  }
  throw new InvalidOptionError(option, value, `a whole number from ${min} to ${max}`)
}

/** @throws {InvalidOptionError} Unless `value` is a finite number within the bounds, both included. @internal */
export function requireFinite(
  option: string,
  value: unknown,
  [min, max]: readonly [number, number],
): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) {
    return value
  }
  throw new InvalidOptionError(option, value, `a finite number from ${min} to ${max}`)
}

/** @throws {InvalidOptionError} Unless `0 <= min <= max`, both finite. @internal */
export function requireRange(option: string, range: { min: number; max: number }): void {
  requireFinite(`${option}.min`, range.min, [0, Number.MAX_SAFE_INTEGER])
  requireFinite(`${option}.max`, range.max, [range.min, Number.MAX_SAFE_INTEGER])
}

/** Draws from a range, uniform, in whole milliseconds above the lower end. @internal */
export function drawWhole(random: Random, { min, max }: RangeMs): number {
  return max > min ? min + Math.floor(random.next() * (max - min + 1)) : min
}
