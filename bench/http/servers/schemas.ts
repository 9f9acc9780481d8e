/** The JSON Schemas of the bare server. */
import type { BenchCase } from '../cases.ts'

type Schemas = Readonly<Record<BenchCase['name'], object>>

const string = { type: 'string' }
const integer = { type: 'integer' }
const name = { type: 'string', minLength: 1 }

function object(properties: object): object {
  return { type: 'object', properties, required: Object.keys(properties) }
}

function array(items: object): object {
  return { type: 'array', items, minItems: 1 }
}

/** What comes in. @internal */
export const requestSchemas: Schemas = {
  chat: {
    type: 'object',
    properties: {
      model: name,
      messages: array(object({ role: string, content: string })),
      max_tokens: { type: 'integer', minimum: 0 },
    },
    required: ['model', 'messages'],
  },
  embeddings: object({ model: name, input: string }),
}

const choice = {
  text: string,
  finish_reason: string,
  logprobs: { type: 'null' },
  message: object({
    role: string,
    content: string,
    tool_calls: { type: 'array', items: object({}) },
  }),
  index: integer,
}

/** What goes out. @internal */
export const responseSchemas: Schemas = {
  chat: object({
    id: string,
    object: string,
    created: integer,
    model: string,
    prompt: { type: 'array', items: object({ text: string }) },
    choices: array(object(choice)),
    usage: object({ prompt_tokens: integer, completion_tokens: integer, total_tokens: integer }),
  }),
  embeddings: object({
    object: string,
    model: string,
    data: array(object({ object: string, embedding: array({ type: 'number' }), index: integer })),
  }),
}
