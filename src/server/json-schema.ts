/**
 * Checks a value from outside against a JSON Schema, with an error that names the place, the value and what was expected.
 *
 * It reads the part of JSON Schema that the mock's own files need; a schema is therefore also of use to editors and other
 * validators. A property that the schema does not list is a mistake, or a misspelt name would pass in silence.
 */

import { InvalidOptionError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from './operations/body-rules.ts'

/** The schema of everything. @internal */
export const anything: Readonly<Record<string, never>> = Object.freeze({})

/** The JSON Schemas that are understood. @internal */
export type JsonSchema =
  | ObjectSchema
  | {
      readonly type: 'array'
      readonly items: JsonSchema
      readonly minItems?: number
      readonly maxItems?: number
      readonly uniqueItems?: true
    }
  | {
      readonly type: 'string'
      readonly minLength?: number
      readonly maxLength?: number
      /** A regular expression; `description` says it in words. */
      readonly pattern?: string
      readonly description?: string
    }
  | {
      readonly type: 'integer' | 'number'
      readonly minimum?: number
      readonly exclusiveMinimum?: number
      readonly maximum?: number
    }
  | { readonly type: 'boolean' }
  | { readonly enum: readonly (string | number)[] }
  | {
      /** Objects told apart by their `kind`. */
      readonly oneOf: readonly ObjectSchema[]
    }
  | typeof anything

interface ObjectSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** What properties may hold that are not listed; false where there may be none. */
  readonly additionalProperties: false | JsonSchema
}

/** @throws {InvalidOptionError} Naming the place, for example `profile.rateLimits[0].windowMs`. @internal */
export function checkSchema(path: string, value: unknown, schema: JsonSchema): void {
  if (isAnything(schema)) return
  if ('enum' in schema) {
    const isKnown = schema.enum.some((allowed) => allowed === value)
    if (!isKnown) throw new InvalidOptionError(path, value, `one of ${schema.enum.join(', ')}`)
  } else if ('oneOf' in schema) {
    checkKinds(path, value, schema.oneOf)
  } else if (schema.type === 'object') {
    checkObject(path, value, schema)
  } else if (schema.type === 'array') {
    checkArray(path, value, schema)
  } else if (!isScalar(value, schema)) {
    throw new InvalidOptionError(path, value, describeScalar(schema))
  }
}

function isAnything(schema: JsonSchema): schema is typeof anything {
  return Object.keys(schema).length === 0
}

type SchemaOf<Type> = Extract<JsonSchema, { type: Type }>
type NumberSchema = Extract<JsonSchema, { maximum?: number }>
type ScalarSchema = SchemaOf<'string'> | SchemaOf<'boolean'> | NumberSchema

function checkObject(path: string, value: unknown, schema: ObjectSchema): void {
  const object = requireObject(path, value)
  for (const name of Object.keys(object)) {
    // What is given as undefined is not given: files cannot say it, callers do.
    if (object[name] === undefined || Object.hasOwn(schema.properties, name)) continue
    if (schema.additionalProperties !== false) {
      checkSchema(`${path}.${name}`, object[name], schema.additionalProperties)
      continue
    }
    const names = Object.keys(schema.properties).join(', ')
    throw new InvalidOptionError(`${path}.${name}`, object[name], `nothing: known are ${names}`)
  }
  for (const [name, inner] of Object.entries(schema.properties)) {
    const field = object[name]
    if (field !== undefined) checkSchema(`${path}.${name}`, field, inner)
    else if (schema.required?.includes(name) === true) {
      throw new InvalidOptionError(`${path}.${name}`, undefined, describe(inner))
    }
  }
}

function requireObject(path: string, value: unknown): JsonObject {
  if (isJsonObject(value)) return value
  throw new InvalidOptionError(path, value, 'an object')
}

function checkKinds(path: string, value: unknown, schemas: readonly ObjectSchema[]): void {
  const { kind } = requireObject(path, value)
  const kinds = new Map(schemas.map((schema) => [kindOf(schema), schema]))
  const schema = kinds.get(kind)
  if (schema === undefined) {
    throw new InvalidOptionError(`${path}.kind`, kind, `one of ${[...kinds.keys()].join(', ')}`)
  }
  checkObject(path, value, schema)
}

function kindOf({ properties }: ObjectSchema): unknown {
  const kind = properties['kind']
  return kind !== undefined && 'enum' in kind ? kind.enum[0] : undefined
}

function checkArray(path: string, value: unknown, schema: SchemaOf<'array'>): void {
  const { items, minItems = 0, maxItems = Infinity, uniqueItems } = schema
  if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) {
    throw new InvalidOptionError(path, value, describe(schema))
  }
  for (const [index, item] of value.entries()) checkSchema(`${path}[${index}]`, item, items)
  if (uniqueItems === true && new Set(value).size < value.length) {
    throw new InvalidOptionError(path, value, 'an array without repetition')
  }
}

function isScalar(value: unknown, schema: ScalarSchema): boolean {
  if (schema.type === 'boolean') return typeof value === 'boolean'
  return schema.type === 'string' ? isText(value, schema) : isNumber(value, schema)
}

function isText(value: unknown, schema: SchemaOf<'string'>): boolean {
  const { minLength = 0, maxLength = Infinity, pattern } = schema
  if (typeof value !== 'string' || value.length < minLength || value.length > maxLength) {
    return false
  }
  return pattern === undefined || new RegExp(pattern).test(value)
}

function isNumber(value: unknown, schema: NumberSchema): boolean {
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = schema
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (schema.type === 'integer' && !Number.isSafeInteger(value)) return false
  return value >= minimum && value > exclusiveMinimum && value <= maximum
}

function describe(schema: JsonSchema): string {
  if (isAnything(schema)) return 'a value'
  if ('enum' in schema) return `one of ${schema.enum.join(', ')}`
  if ('oneOf' in schema || schema.type === 'object') return 'an object'
  if (schema.type === 'array') {
    const { minItems = 0, maxItems } = schema
    return `an array of ${minItems} ${maxItems === undefined ? 'or more' : `to ${maxItems}`} items`
  }
  return describeScalar(schema)
}

function describeScalar(schema: ScalarSchema): string {
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'string') {
    const { minLength = 0, maxLength, description } = schema
    if (description !== undefined) return description
    const most = maxLength === undefined ? '' : ` of at most ${maxLength} characters`
    return `${minLength > 0 ? 'a non-empty string' : 'a string'}${most}`
  }
  const { minimum, exclusiveMinimum, maximum } = schema
  const noun = schema.type === 'integer' ? 'a whole number' : 'a number'
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
  const from = minimum === undefined ? '' : ` from ${minimum}`
  return `${noun}${above}${from}${maximum === undefined ? '' : ` to ${maximum}`}`
}
