/**
 * Expects a value to fit a JSON Schema, with the first complaint in the message.
 */

import { Ajv, type ValidateFunction } from 'ajv'
import { expect } from 'vitest'

const ajv = new Ajv({ allErrors: false, strict: false })
const compiled = new WeakMap<object, ValidateFunction>()

/** @internal */
export function expectSchema(value: unknown, schema: object): void {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  const isValid = validate(value)
  expect(isValid ? '' : `${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`).toBe('')
}
