/**
 * Reading a fault plan from outside: every mistake is refused with the rule and the field that is wrong.
 *
 * A field that is not known is a mistake too, or a misspelt `perMile` would switch a fault on for every request.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../operations/body-rules.ts'
import { requireFinite, requireWhole } from '../options.ts'
import { serverEndpoints } from '../profiles/server-profile.ts'
import type { FaultRule } from '../contract.ts'

const RULES_LENGTH_MAX = 10_000
const DELAY_MS_MAX = 2_592_000_000
const hintHeaders = [
  'retry-after',
  'retry-after-date',
  'retry-after-ms',
  'x-ratelimit-reset',
  'ratelimit',
]
const actionKinds = ['status', 'delay', 'drop', 'hang', 'truncate']
const headerNamePattern = /^[a-z0-9-]+$/
// Visible characters, spaces and tabs: what may stand in a header without splitting the answer.
const headerValuePattern = /^[\t\x20-\x7e]*$/

/**
 * Checks a fault plan.
 *
 * @param value - What was read: an array of rules.
 * @returns The same rules.
 * @throws {InvalidOptionError} Naming the rule by its place, and the field, for example `faults[2].do.status`.
 * @public
 */
export function parseFaultRules(value: unknown): readonly FaultRule[] {
  if (!Array.isArray(value) || value.length > RULES_LENGTH_MAX) {
    throw new InvalidOptionError('faults', value, `an array of at most ${RULES_LENGTH_MAX} rules`)
  }
  for (const [index, rule] of value.entries()) checkRule(`faults[${index}]`, rule)
  return value as readonly FaultRule[]
}

function checkRule(path: string, value: unknown): void {
  const rule = requireObject(path, value, ['id', 'match', 'do'])
  if (rule['id'] !== undefined) requireText(`${path}.id`, rule['id'])
  if (rule['match'] !== undefined) checkMatch(`${path}.match`, rule['match'])
  checkAction(`${path}.do`, rule['do'])
}

function checkMatch(path: string, value: unknown): void {
  const fields = ['endpoint', 'method', 'model', 'key', 'fromMs', 'toMs', 'nth', 'perMille']
  const match = requireObject(path, value, fields)
  optional(match, 'endpoint', (field) => requireOneOf(`${path}.endpoint`, field, serverEndpoints))
  for (const name of ['method', 'model', 'key']) {
    optional(match, name, (field) => requireText(`${path}.${name}`, field))
  }
  for (const name of ['fromMs', 'toMs']) {
    optional(match, name, (field) =>
      requireFinite(`${path}.${name}`, field, [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]),
    )
  }
  optional(match, 'nth', (field) =>
    requireWhole(`${path}.nth`, field, [1, Number.MAX_SAFE_INTEGER]),
  )
  optional(match, 'perMille', (field) => requireWhole(`${path}.perMille`, field, [0, 1_000]))
}

function checkAction(path: string, value: unknown): void {
  const { kind } = requireObject(path, value)
  requireOneOf(`${path}.kind`, kind, actionKinds)
  if (kind === 'status') checkStatus(path, value)
  if (kind === 'delay') {
    const action = requireObject(path, value, ['kind', 'delayMs'])
    requireFinite(`${path}.delayMs`, action['delayMs'], [0, DELAY_MS_MAX])
  }
  if (kind === 'drop') {
    const action = requireObject(path, value, ['kind', 'when'])
    requireOneOf(`${path}.when`, action['when'], ['before', 'after'])
  }
  if (kind === 'hang' || kind === 'truncate') requireObject(path, value, ['kind'])
}

function checkStatus(path: string, value: unknown): void {
  const fields = ['kind', 'status', 'hints', 'headers', 'body', 'beforeQuota']
  const action = requireObject(path, value, fields)
  requireWhole(`${path}.status`, action['status'], [400, 599])
  optional(action, 'hints', (field) => checkHints(`${path}.hints`, field))
  optional(action, 'headers', (field) => checkHeaders(`${path}.headers`, field))
  const { beforeQuota } = action
  if (beforeQuota !== undefined && typeof beforeQuota !== 'boolean') {
    throw new InvalidOptionError(`${path}.beforeQuota`, beforeQuota, 'true or false')
  }
}

function checkHints(path: string, value: unknown): void {
  if (!Array.isArray(value)) throw new InvalidOptionError(path, value, 'an array')
  for (const [index, item] of value.entries()) {
    const hint = requireObject(`${path}[${index}]`, item, ['header', 'delayMs'])
    requireOneOf(`${path}[${index}].header`, hint['header'], hintHeaders)
    requireFinite(`${path}[${index}].delayMs`, hint['delayMs'], [0, DELAY_MS_MAX])
  }
}

function checkHeaders(path: string, value: unknown): void {
  for (const [name, text] of Object.entries(requireObject(path, value))) {
    if (!headerNamePattern.test(name)) {
      throw new InvalidOptionError(path, name, 'header names in lower case')
    }
    if (typeof text !== 'string' || !headerValuePattern.test(text)) {
      throw new InvalidOptionError(`${path}.${name}`, text, 'a string of printable ASCII')
    }
  }
}

function optional(object: JsonObject, name: string, check: (field: unknown) => void): void {
  if (object[name] !== undefined) check(object[name])
}

function requireObject(path: string, value: unknown, fields?: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new InvalidOptionError(path, value, 'an object')
  const unknown = fields && Object.keys(value).find((name) => !fields.includes(name))
  if (unknown === undefined) return value
  throw new InvalidOptionError(path, unknown, `only the fields ${fields?.join(', ')}`)
}

function requireText(path: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new InvalidOptionError(path, value, 'a non-empty string')
}

function requireOneOf(path: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  throw new InvalidOptionError(path, value, `one of ${allowed.join(', ')}`)
}
