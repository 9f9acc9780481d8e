/**
 * What Together's API description asks of the answers of chat, completions, embeddings, images, rerank and models.
 *
 * Written out from the published description: required fields, types and enumerations. Fields that it does not list are
 * allowed, as they are there.
 */

const text = { type: 'string' } as const
const whole = { type: 'integer' } as const
const finishReasons = ['stop', 'eos', 'length', 'tool_calls', 'function_call'] as const

function object(properties: Record<string, object>, required: string[]): object {
  return { type: 'object', properties, required }
}

function orNull(schema: object): object {
  return { anyOf: [schema, { type: 'null' }] }
}

const usage = object({ prompt_tokens: whole, completion_tokens: whole, total_tokens: whole }, [
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
])

const logprobs = object(
  {
    token_ids: { type: 'array', items: { type: 'number' } },
    tokens: { type: 'array', items: text },
    token_logprobs: { type: 'array', items: { type: 'number' } },
  },
  [],
)

const warnings = { type: 'array', items: object({ message: text }, ['message']) }

const functionCall = object({ name: text, arguments: text }, ['arguments', 'name'])

const prompt = { type: 'array', items: object({ text, logprobs }, []) }

const toolCalls = {
  type: 'array',
  items: object(
    {
      index: { type: 'number' },
      id: text,
      type: { enum: ['function'] },
      function: object({ name: text, arguments: text }, ['name', 'arguments']),
    },
    ['id', 'type', 'function', 'index'],
  ),
}

/** `ErrorData`: the body of most errors. @internal */
export const errorSchema: object = object(
  {
    error: object({ message: text, type: text, param: orNull(text), code: orNull(text) }, [
      'type',
      'message',
    ]),
  },
  ['error'],
)

/** @internal */
export const chatSchema: object = object(
  {
    id: text,
    object: { enum: ['chat.completion'] },
    created: whole,
    model: text,
    // The description leaves it out, the client's types ask for it.
    prompt,
    usage: orNull(usage),
    warnings,
    choices: {
      type: 'array',
      items: object(
        {
          text,
          index: whole,
          seed: whole,
          finish_reason: { enum: finishReasons },
          logprobs: orNull(logprobs),
          message: object(
            {
              role: { enum: ['assistant'] },
              content: orNull(text),
              tool_calls: toolCalls,
              function_call: functionCall,
              reasoning: orNull(text),
            },
            ['role', 'content'],
          ),
        },
        [],
      ),
    },
  },
  ['choices', 'id', 'created', 'model', 'object', 'prompt'],
)

const delta = object(
  {
    token_id: whole,
    role: { enum: ['system', 'user', 'assistant', 'function', 'tool'] },
    content: orNull(text),
    tool_calls: toolCalls,
    function_call: orNull(functionCall),
    reasoning: orNull(text),
  },
  ['role'],
)

/** One event of a streamed chat. @internal */
export const chatChunkSchema: object = object(
  {
    id: text,
    object: { enum: ['chat.completion.chunk'] },
    created: whole,
    system_fingerprint: text,
    model: text,
    usage: orNull(usage),
    warnings,
    choices: {
      type: 'array',
      items: object(
        {
          index: whole,
          finish_reason: { enum: [...finishReasons, null] },
          logprobs: orNull({ type: 'number' }),
          seed: orNull(whole),
          delta,
        },
        ['index', 'delta', 'finish_reason'],
      ),
    },
  },
  ['id', 'object', 'created', 'choices', 'model'],
)

/** @internal */
export const completionSchema: object = object(
  {
    id: text,
    object: { enum: ['text.completion'] },
    created: whole,
    model: text,
    prompt,
    usage: orNull(usage),
    choices: {
      type: 'array',
      items: object({ text, seed: whole, finish_reason: { enum: finishReasons }, logprobs }, []),
    },
  },
  ['id', 'choices', 'usage', 'created', 'model', 'object'],
)

/** One event of a streamed completion. @internal */
export const completionChunkSchema: object = object(
  {
    id: text,
    object: { enum: ['completion.chunk'] },
    created: whole,
    token: object({ id: whole, text, logprob: { type: 'number' }, special: { type: 'boolean' } }, [
      'id',
      'text',
      'logprob',
      'special',
    ]),
    choices: { type: 'array', items: object({ text, index: whole, delta }, ['index']) },
    usage: orNull(usage),
    seed: whole,
    finish_reason: { enum: [...finishReasons, null] },
  },
  ['id', 'token', 'choices', 'usage', 'finish_reason'],
)

/** @internal */
export const embeddingsSchema: object = object(
  {
    object: { enum: ['list'] },
    model: text,
    data: {
      type: 'array',
      items: object(
        {
          object: { enum: ['embedding'] },
          embedding: { type: 'array', items: { type: 'number' } },
          index: whole,
        },
        ['index', 'object', 'embedding'],
      ),
    },
  },
  ['object', 'model', 'data'],
)

/** @internal */
export const imagesSchema: object = object(
  {
    id: text,
    model: text,
    object: { enum: ['list'] },
    data: {
      type: 'array',
      items: {
        oneOf: [
          object({ index: whole, b64_json: text, type: { enum: ['b64_json'] } }, [
            'index',
            'b64_json',
            'type',
          ]),
          object({ index: whole, url: text, type: { enum: ['url'] } }, ['index', 'url', 'type']),
        ],
      },
    },
  },
  ['id', 'model', 'object', 'data'],
)

/** @internal */
export const rerankSchema: object = object(
  {
    object: { enum: ['rerank'] },
    id: text,
    model: text,
    usage: orNull(usage),
    results: {
      type: 'array',
      items: object(
        {
          index: whole,
          relevance_score: { type: 'number' },
          document: object({ text: orNull(text) }, []),
        },
        ['index', 'relevance_score', 'document'],
      ),
    },
  },
  ['object', 'model', 'results'],
)

const prices = ['hourly', 'input', 'output', 'base', 'finetune']

/** @internal */
export const modelsSchema: object = {
  type: 'array',
  items: object(
    {
      id: text,
      object: text,
      created: whole,
      type: { enum: ['chat', 'language', 'code', 'image', 'embedding', 'moderation', 'rerank'] },
      display_name: text,
      organization: text,
      link: text,
      license: text,
      context_length: whole,
      pricing: object(Object.fromEntries(prices.map((name) => [name, { type: 'number' }])), prices),
    },
    ['id', 'object', 'created', 'type'],
  ),
}

/** @internal */
export const modelUploadSchema: object = object(
  {
    data: object({ job_id: text, model_name: text, model_id: text, model_source: text }, [
      'job_id',
      'model_name',
      'model_id',
      'model_source',
    ]),
    message: text,
  },
  ['data', 'message'],
)

const dateTime = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
}

/** @internal */
export const uploadJobSchema: object = object(
  {
    type: text,
    job_id: text,
    status: { enum: ['Queued', 'Running', 'Complete', 'Failed'] },
    status_updates: {
      type: 'array',
      items: object({ status: text, message: text, timestamp: dateTime }, [
        'status',
        'message',
        'timestamp',
      ]),
    },
    args: object({ description: text, modelName: text, modelSource: text }, []),
    created_at: dateTime,
    updated_at: dateTime,
  },
  ['type', 'job_id', 'status', 'status_updates', 'args', 'created_at', 'updated_at'],
)

/** @internal */
export const uploadJobsSchema: object = object(
  { data: { type: 'array', items: uploadJobSchema } },
  ['data'],
)
