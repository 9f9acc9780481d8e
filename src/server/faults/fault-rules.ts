/**
 * Reading a fault plan from outside: every mistake is refused with the rule and the field that is wrong.
 *
 * A field that is not known is a mistake too, or a misspelt `perMile` would switch a fault on for every request.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { checkSchema } from '../json-schema.ts'
import { isDeeperThan, isJsonObject } from '../operations/body-rules.ts'
import { actionSchema, planSchema, saySchema, shareSchema } from './fault-schema.ts'
import type { FaultAction, FaultRule } from '../contract.ts'

/** Levels of the body of a fault's answer. */
const BODY_DEPTH_MAX = 64

/** The transport says how long an answer is and where it ends; two voices would make it unreadable. */
const framingHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'upgrade',
])
const headerNamePattern = /^[a-z0-9-]+$/

/**
 * Checks a fault plan.
 *
 * @param value - What was read: an array of rules.
 * @returns The same rules.
 * @throws {InvalidOptionError} Naming the rule by its place, and the field, for example `faults[2].do.status`.
 * @public
 */
export function parseFaultRules(value: unknown): readonly FaultRule[] {
  assertPlan(value)
  for (const [index, rule] of value.entries()) checkAction(`faults[${index}].do`, rule.do)
  return value
}

/** Checks one action. @throws {InvalidOptionError} Naming the field. @internal */
export function parseFaultAction(path: string, value: unknown): FaultAction {
  assertAction(path, value)
  checkAction(path, value)
  return value
}

/** The schema says what the types say but for what `checkAction` adds. */
function assertPlan(value: unknown): asserts value is readonly FaultRule[] {
  checkSchema('faults', value, planSchema)
}

function assertAction(path: string, value: unknown): asserts value is FaultAction {
  checkSchema(path, value, actionSchema)
}

/** What the schema cannot say: names of headers, and the two forms of `say`. */
function checkAction(path: string, action: FaultAction): void {
  if (action.kind === 'hints') {
    const schema = isJsonObject(action.say) ? shareSchema : saySchema
    checkSchema(`${path}.say`, action.say, schema)
  }
  if (action.kind !== 'status') return
  if (!canBeJson(action.body)) {
    throw new InvalidOptionError(
      `${path}.body`,
      action.body,
      `what JSON can express on ${BODY_DEPTH_MAX} levels`,
    )
  }
  for (const name of Object.keys(action.headers ?? {})) {
    if (framingHeaders.has(name)) {
      throw new InvalidOptionError(`${path}.headers`, name, 'no header that frames the answer')
    }
    if (headerNamePattern.test(name)) continue
    throw new InvalidOptionError(`${path}.headers`, name, 'header names in lower case')
  }
}

/** Circles, big integers and what is nested too deeply for the stack would throw when the answer is made. */
function canBeJson(value: unknown): boolean {
  if (value === undefined || typeof value === 'string') return true
  if (isDeeperThan(value, BODY_DEPTH_MAX)) return false
  try {
    JSON.stringify(value)
    return true
  } catch {
    return false
  }
}
