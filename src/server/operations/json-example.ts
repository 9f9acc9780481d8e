/**
 * A small value that fits a JSON Schema, as JSON, for models that are told what to answer.
 *
 * It reads what schemas of prompts use: types, enums, constants, properties, items and alternatives. References, patterns
 * and formats are beyond it. A few bytes of a schema can ask for more than any memory holds, so an example has a length
 * that it does not exceed: what finds no room is cut or left out, and what stands there is JSON all the same.
 */

import { isJsonObject, itemsOf, numberOf, type JsonObject } from './body-rules.ts'

/** Characters of an example: about as many as a model says before it is cut off. */
const EXAMPLE_LENGTH_MAX = 16_384
/** Room for the value that is being written when the rest is used up. */
const LAST_VALUE_LENGTH = 32
/** Levels of schemas and of values; null stands for what lies deeper, or the stack would not hold it. */
const DEPTH_MAX = 64
/** The longest that one character becomes in JSON: an escape. */
const ESCAPE_LENGTH = 6
const QUOTES_LENGTH = 2

/** An example of a schema. What is not a schema has an empty object for an example. @internal */
export function exampleOf(schema: unknown): string {
  return new ExampleWriter().writeExample(schema, 0)
}

/** Writes one example; all its pieces draw on one length. */
class ExampleWriter {
  #lengthLeft = EXAMPLE_LENGTH_MAX - LAST_VALUE_LENGTH

  writeExample(schema: unknown, depth: number): string {
    if (!isJsonObject(schema)) return this.#take('{}')
    if (depth > DEPTH_MAX) return this.#take('null')
    if ('const' in schema) return this.#writeValue(schema['const'], depth)
    const [firstOfEnum] = itemsOf(schema, 'enum')
    if (firstOfEnum !== undefined) return this.#writeValue(firstOfEnum, depth)
    for (const name of ['anyOf', 'oneOf', 'allOf']) {
      const [first] = itemsOf(schema, name)
      if (first !== undefined) return this.writeExample(first, depth + 1)
    }
    return this.#writeExampleOfType(schema, depth)
  }

  #writeExampleOfType(schema: JsonObject, depth: number): string {
    const writeInner = (inner: unknown): string => this.writeExample(inner, depth + 1)
    const types = itemsOf(schema, 'type')
    switch (types[0] ?? schema['type']) {
      case 'string': {
        const most = numberOf(schema, 'maxLength') ?? Infinity
        const length = Math.min(most, Math.max(1, numberOf(schema, 'minLength') ?? 0))
        return this.#writeText('x'.repeat(Math.max(0, Math.min(length, this.#lengthLeft))))
      }
      case 'integer':
      case 'number':
        return this.#take(JSON.stringify(exampleNumber(schema)))
      case 'boolean':
        return this.#take('false')
      case 'null':
        return this.#take('null')
      case 'array':
        return this.#writeArray(numberOf(schema, 'minItems') ?? 0, () =>
          writeInner(schema['items']),
        )
      default: {
        const properties = schema['properties']
        return this.#writeObject(isJsonObject(properties) ? properties : {}, writeInner)
      }
    }
  }

  /** A value that the schema itself holds. */
  #writeValue(value: unknown, depth: number): string {
    if (typeof value === 'string') return this.#writeText(value)
    if (typeof value !== 'object' || value === null) return this.#take(JSON.stringify(value))
    if (depth > DEPTH_MAX) return this.#take('null')
    const writeInner = (inner: unknown): string => this.#writeValue(inner, depth + 1)
    if (isJsonObject(value)) return this.#writeObject(value, writeInner)
    const items: readonly unknown[] = Array.isArray(value) ? value : []
    return this.#writeArray(items.length, (index) => writeInner(items[index]))
  }

  #writeArray(length: number, writeItem: (index: number) => string): string {
    this.#take('[]')
    const items: string[] = []
    while (items.length < length && this.#lengthLeft > 0) items.push(writeItem(items.length))
    return `[${items.join(',')}]`
  }

  #writeObject(object: JsonObject, writeInner: (inner: unknown) => string): string {
    this.#take('{}')
    const fields: string[] = []
    for (const [name, inner] of Object.entries(object)) {
      const key = JSON.stringify(name)
      // A name cut short would be another name: with the first that finds no room the example is full.
      if (key.length > this.#lengthLeft) this.#lengthLeft = 0
      if (this.#lengthLeft <= 0) break
      fields.push(`${this.#take(key)}:${writeInner(inner)}`)
    }
    return `{${fields.join(',')}}`
  }

  #writeText(text: string): string {
    const room = Math.max(0, this.#lengthLeft - QUOTES_LENGTH)
    const json = JSON.stringify(text.slice(0, room))
    if (json.length <= room + QUOTES_LENGTH) return this.#take(json)
    return this.#take(JSON.stringify(text.slice(0, Math.floor(room / ESCAPE_LENGTH))))
  }

  /** Counts a piece and the comma or colon after it. */
  #take(piece: string): string {
    this.#lengthLeft -= piece.length + 1
    return piece
  }
}

function exampleNumber(schema: JsonObject): number {
  const above = finiteOf(schema, 'exclusiveMinimum')
  const least = above === undefined ? finiteOf(schema, 'minimum') : above + 1
  const most = finiteOf(schema, 'maximum') ?? Infinity
  return Math.min(most, Math.ceil(Math.max(0, least ?? 0)))
}

/** Numbers beyond the range of doubles are read as infinite, which JSON cannot say again. */
function finiteOf(schema: JsonObject, name: string): number | undefined {
  const value = numberOf(schema, name)
  return Number.isFinite(value) ? value : undefined
}
