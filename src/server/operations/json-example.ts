/**
 * The smallest value that fits a JSON Schema, for models that are told what to answer.
 *
 * It reads what schemas of prompts use: types, enums, constants, properties, items and alternatives. References, patterns
 * and formats are beyond it.
 */

import { isJsonObject, itemsOf, numberOf, type JsonObject } from './body-rules.ts'

/** Schemas come from clients and may be nested without an end. */
const DEPTH_MAX = 16
const ITEMS_MAX = 100

/** An example of a schema. What is not a schema has an empty object for an example. @internal */
export function exampleOf(schema: unknown, depth = 0): unknown {
  if (!isJsonObject(schema)) return {}
  if (depth > DEPTH_MAX) return null
  if ('const' in schema) return schema['const']
  const [firstOfEnum] = itemsOf(schema, 'enum')
  if (firstOfEnum !== undefined) return firstOfEnum
  for (const name of ['anyOf', 'oneOf', 'allOf']) {
    const [first] = itemsOf(schema, name)
    if (first !== undefined) return exampleOf(first, depth + 1)
  }
  return exampleOfType(schema, depth)
}

function exampleOfType(schema: JsonObject, depth: number): unknown {
  const types = itemsOf(schema, 'type')
  switch (types[0] ?? schema['type']) {
    case 'string':
      return 'x'.repeat(Math.min(ITEMS_MAX, Math.max(1, numberOf(schema, 'minLength') ?? 0)))
    case 'integer':
    case 'number':
      return exampleNumber(schema)
    case 'boolean':
      return false
    case 'null':
      return null
    case 'array': {
      const length = Math.min(ITEMS_MAX, numberOf(schema, 'minItems') ?? 0)
      return Array.from({ length }, () => exampleOf(schema['items'], depth + 1))
    }
    default:
      return exampleObject(schema, depth)
  }
}

function exampleNumber(schema: JsonObject): number {
  const above = numberOf(schema, 'exclusiveMinimum')
  const least = above === undefined ? numberOf(schema, 'minimum') : above + 1
  const most = numberOf(schema, 'maximum') ?? Infinity
  return Math.min(most, Math.ceil(Math.max(0, least ?? 0)))
}

function exampleObject(schema: JsonObject, depth: number): JsonObject {
  const properties = schema['properties']
  if (!isJsonObject(properties)) return {}
  const example = Object.entries(properties).map(
    ([name, property]) => [name, exampleOf(property, depth + 1)] as const,
  )
  return Object.fromEntries(example)
}
