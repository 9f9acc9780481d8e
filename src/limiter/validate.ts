/**
 * Checks of single values, all with the same error.
 */
import { InvalidOptionError } from '../core/errors.ts'

/** @internal */
export interface NumberRange {
  readonly min: number
  /** @defaultValue no bound */
  readonly max?: number
}

/** @throws {InvalidOptionError} unless `value` is a whole number in the range. @internal */
export function assertWhole(option: string, value: unknown, range: NumberRange): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && isWithin(value, range)) return
  throw new InvalidOptionError(option, value, `a whole number${describeRange(range)}`)
}

/** @throws {InvalidOptionError} unless `value` is a finite number in the range. @internal */
export function assertFinite(option: string, value: unknown, range: NumberRange): void {
  if (typeof value === 'number' && Number.isFinite(value) && isWithin(value, range)) return
  throw new InvalidOptionError(option, value, `a finite number${describeRange(range)}`)
}

function isWithin(value: number, range: NumberRange): boolean {
  return value >= range.min && value <= (range.max ?? Infinity)
}

function describeRange(range: NumberRange): string {
  if (range.min === -Infinity) return ''
  return range.max === undefined
    ? ` of at least ${range.min}`
    : ` from ${range.min} to ${range.max}`
}
