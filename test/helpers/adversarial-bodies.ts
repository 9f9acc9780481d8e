/**
 * Bodies that are well-formed and made to hurt: long, deep, many, multiplied, at the edge of every bound and beyond.
 */

import * as fc from 'fast-check'
import { post } from '../unit/server/mock-request.ts'
import type { MockRequest } from '../../src/server/handler.ts'

/** Stand for what `JSON.stringify` does not write: nesting beyond the stack, numbers beyond doubles. */
const deepMark = '@deep'
const hugeMark = '@huge'
const deepText = `${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`

/** A request whose body is the given one, with its marks replaced. @internal */
export function postAdversarial(path: string, body: unknown): MockRequest {
  return { ...post(path), body: writeJson(body) }
}

function writeJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(`"${deepMark}"`, deepText)
    .replaceAll(`"${hugeMark}"`, '1e999')
}

const shortTexts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', ' ', '__proto__', 'toString', '\ud800', '"\\', '\u0000', '🙂', 'T'),
)
const longTexts = fc
  .tuple(
    fc.constantFrom('y', ' ', '"', '\\', '\u0001', '\ud800', '🙂', '名'),
    fc.constantFrom(255, 256, 257, 1_024, 20_000, 50_000),
  )
  .map(([unit, count]) => unit.repeat(count))
const oddTexts = fc.oneof({ weight: 6, arbitrary: shortTexts }, { weight: 1, arbitrary: longTexts })
const oddNumbers = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, -1, 0.5, 100, 1e6, 1e15, 1e300, -1e300, hugeMark),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const counts = fc.oneof(
  fc.constantFrom(0, 1, 2, 15, 16, 17, 127, 128, 129, 1_000, 2 ** 31, Number.MAX_SAFE_INTEGER),
  fc.nat(200),
)
const flags = fc.boolean()
const oddValues = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(deepMark, hugeMark, { a: [deepMark] }) },
  { weight: 1, arbitrary: oddTexts },
)

/** A few items; or very many, which are short and not drawn one by one. */
function lists<T>(
  items: fc.Arbitrary<T>,
  shortItems: fc.Arbitrary<T>,
  lengths: readonly number[],
): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.array(items, { minLength: 1, maxLength: 5 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(shortItems, { minLength: 1, maxLength: 3 }), fc.constantFrom(...lengths))
        .map(([few, length]) => Array.from({ length }, (_, at) => few[at % few.length] as T)),
    },
  )
}

function listsOfTexts(lengths: readonly number[]): fc.Arbitrary<string[]> {
  return lists(oddTexts, shortTexts, lengths)
}

const { schema: schemas } = fc.letrec<{ schema: unknown; node: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 12 },
    fc.record(
      {
        type: fc.constantFrom<unknown>('string', 'integer', 'number', 'boolean', 'null', 'x', 5),
        minLength: oddNumbers,
        maxLength: oddNumbers,
        minimum: oddNumbers,
        maximum: oddNumbers,
        exclusiveMinimum: oddNumbers,
      },
      { requiredKeys: [] },
    ),
    fc.record({ const: oddValues }),
    fc.record({ enum: fc.array(oddValues, { maxLength: 3 }) }),
    oddValues,
    tie('node'),
    tie('node'),
  ),
  node: fc.oneof(
    fc.record({
      type: fc.constant('array'),
      minItems: fc.oneof(fc.constantFrom<unknown>(2, 100, 1e9, hugeMark, -1), fc.nat(5)),
      items: tie('schema'),
    }),
    fc.record({
      type: fc.constantFrom<unknown>('object', ['object', 'null'], undefined),
      properties: fc.dictionary(oddTexts, tie('schema'), { maxKeys: 4 }),
    }),
    fc.record({
      items: tie('schema'),
      anyOf: fc.array(tie('schema'), { maxLength: 2 }),
      allOf: fc.array(tie('schema'), { maxLength: 2 }),
    }),
  ),
}))

const names = fc.oneof(fc.constantFrom<unknown>('f', 'g'), oddTexts, fc.jsonValue())
const tools = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ function: fc.record({ name: names, parameters: schemas }) }),
    },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('type', 'function'), fc.jsonValue()) },
  ),
  { maxLength: 3 },
)
const choices = fc.oneof(
  fc.constantFrom<unknown>('required', 'auto', 'f', { function: { name: 'f' } }, {}),
  names,
)
const formats = fc.oneof(
  fc.record({ type: fc.constant('json_object'), schema: schemas }),
  fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ schema: schemas }) }),
  fc.record({ type: oddTexts, json_schema: fc.jsonValue() }),
)
const contents = fc.oneof(
  oddTexts,
  fc.constant(null),
  fc.array(fc.oneof(fc.record({ type: fc.constant('text'), text: oddTexts }), oddValues), {
    maxLength: 3,
  }),
)
const sampling = {
  max_tokens: counts,
  n: fc.oneof(fc.integer({ min: 1, max: 128 }), fc.constantFrom(1, 128)),
  stop: fc.oneof(oddTexts, listsOfTexts([1_000, 1_001])),
  logprobs: fc.oneof(fc.integer({ min: 0, max: 20 }), flags),
  echo: flags,
  stream: flags,
  seed: fc.maxSafeInteger(),
  logit_bias: fc.dictionary(oddTexts, oddNumbers, { maxKeys: 2 }),
  context_length_exceeded_behavior: fc.constantFrom('truncate', 'error'),
}
const documents = fc.oneof(
  listsOfTexts([9_999, 10_000, 10_001]),
  lists(
    fc.dictionary(oddTexts, oddValues, { maxKeys: 3 }),
    fc.dictionary(shortTexts, fc.integer(), { maxKeys: 3 }),
    [10_000],
  ),
)

/** A known model, an odd name or none that can be one. */
function modelOr(known: string): fc.Arbitrary<string> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(known) }, { weight: 1, arbitrary: oddTexts })
}

function requests(
  path: string,
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
): fc.Arbitrary<MockRequest> {
  return fc
    .record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
    .map((body) => postAdversarial(path, body))
}

/** By path: requests of which each field is of its kind, and as nasty as its kind allows. @internal */
export const adversarialRequests: Readonly<Record<string, fc.Arbitrary<MockRequest>>> = {
  '/v1/chat/completions': requests(
    '/v1/chat/completions',
    {
      model: modelOr('Qwen/Qwen2.5-7B-Instruct-Turbo'),
      messages: lists(
        fc.record({ role: oddTexts, content: contents }),
        fc.record({ role: shortTexts, content: shortTexts }),
        [20_000],
      ),
    },
    { ...sampling, tools, tool_choice: choices, response_format: formats },
  ),
  '/v1/completions': requests(
    '/v1/completions',
    { model: modelOr('mistralai/Mixtral-8x7B-v0.1'), prompt: oddTexts },
    { ...sampling, tools, tool_choice: choices, response_format: formats },
  ),
  '/v1/embeddings': requests(
    '/v1/embeddings',
    {
      model: modelOr('mock/embed-32'),
      input: fc.oneof(oddTexts, listsOfTexts([200, 2_049])),
    },
    // Base64 is not in the description that answers are held against.
    { encoding_format: fc.constantFrom('float', null), dimensions: counts },
  ),
  '/v1/images/generations': requests(
    '/v1/images/generations',
    { model: modelOr('black-forest-labs/FLUX.1-dev'), prompt: oddTexts },
    {
      n: counts,
      steps: counts,
      width: counts,
      height: counts,
      seed: fc.maxSafeInteger(),
      response_format: fc.constantFrom('base64', 'b64_json', 'url'),
    },
  ),
  '/v1/rerank': requests(
    '/v1/rerank',
    { model: modelOr('Salesforce/Llama-Rank-V1'), query: oddTexts, documents },
    { top_n: counts, return_documents: flags, rank_fields: listsOfTexts([100]) },
  ),
  '/v1/models': requests(
    '/v1/models',
    { model_name: oddTexts, model_source: oddTexts },
    { description: oddTexts, hf_token: oddTexts },
  ),
  '/v1/fine-tunes': requests(
    '/v1/fine-tunes',
    { model: modelOr('Qwen/Qwen2.5-7B-Instruct-Turbo'), training_file: oddTexts },
    { suffix: oddTexts, n_epochs: counts, learning_rate: oddNumbers },
  ),
  '/v1/batches': requests(
    '/v1/batches',
    {
      endpoint: fc.constant('/v1/chat/completions'),
      input_file_id: fc.oneof(fc.constant('file-1'), oddTexts),
    },
    { model_id: modelOr('Qwen/Qwen2.5-7B-Instruct-Turbo'), completion_window: oddTexts },
  ),
}

const actionStatuses = fc.integer({ min: 400, max: 599 })
/** Actions of which each field is of its kind, more or less. */
const actions = fc.oneof(
  fc.record({ kind: fc.constant('status'), status: actionStatuses, body: oddValues }),
  fc.record({
    kind: fc.constant('status'),
    status: actionStatuses,
    headers: fc.dictionary(fc.constantFrom('a', '__proto__', 'Date'), oddTexts),
  }),
  fc.record({ kind: fc.constant('delay'), delayMs: oddNumbers }),
  fc.record({ kind: fc.constant('cut-stream'), afterParts: counts }),
  fc.record({
    kind: fc.constant('hints'),
    say: fc.oneof(fc.record({ share: oddNumbers }), oddValues),
  }),
  fc.record({ kind: fc.constant('quota'), share: oddNumbers }),
  fc.record({ kind: oddValues, status: oddValues }),
)

/** What may stand in the header `x-mock-fault`, and much that may not. @internal */
export const adversarialFaults: fc.Arbitrary<string> = fc.oneof(
  actions.map(writeJson),
  fc
    .tuple(fc.constantFrom('429', 'delay=', '429; retry-after=', 'cut-stream=', ''), oddNumbers)
    .map(([head, number]) => `${head}${String(number)}`),
  oddTexts,
)
