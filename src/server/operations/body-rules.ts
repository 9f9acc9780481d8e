/**
 * Reading JSON bodies, and small declarative rules for their fields.
 *
 * A field that is null counts as absent, as in the real API's clients; a field without a rule is let through. Messages
 * name the field but never repeat its value, which may be a prompt.
 */

import { badRequest, type Problem } from './problems.ts'

/** A JSON object. @internal */
export type JsonObject = Readonly<Record<string, unknown>>

/** What one field may be. @internal */
export interface FieldRule {
  readonly kind: 'string' | 'whole' | 'number' | 'boolean' | 'array' | 'object' | 'any'
  readonly isRequired?: boolean
  /** Smallest number, or fewest characters or items. */
  readonly min?: number
  /** Largest number, or most characters or items. */
  readonly max?: number
  readonly oneOf?: readonly string[]
  /** Looks at a present value whose kind is right; returns what is wrong with it, as the end of a sentence. */
  readonly check?: (value: unknown) => string | undefined
}

/** The rules of a body, in the order in which they are checked. @internal */
export type BodyRules = readonly (readonly [name: string, rule: FieldRule])[]

/** Parses a body. Undefined unless it is a JSON object. @internal */
export function parseJsonObject(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Wrong syntax, or nested too deeply for the parser: wrong either way.
    return undefined
  }
}

/** True for objects other than arrays and null. @internal */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field's text; empty where it is absent. @internal */
export function textOf(body: JsonObject, name: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : ''
}

/** A field's number. @internal */
export function numberOf(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  return typeof value === 'number' ? value : undefined
}

/** A field's items; none where it is absent. @internal */
export function itemsOf(body: JsonObject, name: string): readonly unknown[] {
  const value = body[name]
  return Array.isArray(value) ? value : []
}

/** True where arrays and objects lie in each other on more than so many levels. @internal */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** The first field that breaks its rule. @internal */
export function findProblem(body: JsonObject, rules: BodyRules): Problem | undefined {
  // There are many rules and few fields: a good body is told from the others by the fields that it has.
  if (keepsRules(body, indexRules(rules))) return undefined
  for (const [name, rule] of rules) {
    const value = body[name] ?? undefined
    if (value === undefined && rule.isRequired !== true) continue
    const complaint = value === undefined ? 'is required' : findComplaint(value, rule)
    if (complaint !== undefined) return badRequest(`${name} ${complaint}`, name)
  }
  return undefined
}

interface RuleIndex {
  readonly byName: ReadonlyMap<string, FieldRule>
  readonly required: readonly string[]
}

const indexes = new WeakMap<BodyRules, RuleIndex>()

function indexRules(rules: BodyRules): RuleIndex {
  const known = indexes.get(rules)
  if (known !== undefined) return known
  const required = rules.filter(([, { isRequired }]) => isRequired === true).map(([name]) => name)
  const index = { byName: new Map(rules), required }
  indexes.set(rules, index)
  return index
}

function keepsRules(body: JsonObject, { byName, required }: RuleIndex): boolean {
  for (const name of required) if ((body[name] ?? undefined) === undefined) return false
  for (const name in body) {
    const value = body[name] ?? undefined
    if (value === undefined) continue
    const rule = byName.get(name)
    if (rule !== undefined && findComplaint(value, rule) !== undefined) return false
  }
  return true
}

const kindTexts: Readonly<Record<FieldRule['kind'], string>> = {
  string: 'a string',
  whole: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  any: 'a value',
}

function findComplaint(value: unknown, rule: FieldRule): string | undefined {
  if (!isOfKind(value, rule.kind)) return `must be ${kindTexts[rule.kind]}`
  const { min = -Infinity, max = Infinity, oneOf } = rule
  const size = sizeOf(value)
  if (size !== undefined && (size < min || size > max)) {
    const bounds = describeBounds(min, max)
    if (typeof value === 'number') return `must be ${bounds}`
    return `must have ${bounds} ${typeof value === 'string' ? 'characters' : 'items'}`
  }
  if (oneOf?.every((allowed) => allowed !== value)) {
    return `must be one of ${oneOf.join(', ')}`
  }
  return rule.check?.(value)
}

function isOfKind(value: unknown, kind: FieldRule['kind']): boolean {
  switch (kind) {
    case 'whole':
      return Number.isSafeInteger(value)
    case 'number':
      return Number.isFinite(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isJsonObject(value)
    case 'any':
      return true
    default:
      return typeof value === kind
  }
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' || Array.isArray(value) ? value.length : undefined
}

function describeBounds(min: number, max: number): string {
  if (max === Infinity) return `at least ${min}`
  return min === -Infinity ? `at most ${max}` : `between ${min} and ${max}`
}
