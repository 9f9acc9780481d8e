/**
 * `POST /v1/chat/completions`.
 *
 * The answer is put together from prepared pieces: the simulator asks for tens of thousands of them a second.
 */

import {
  isJsonObject,
  itemsOf,
  numberOf,
  textOf,
  type BodyRules,
  type JsonObject,
} from './body-rules.ts'
import { samplingRules } from './body-rules-of-sampling.ts'
import { formatUsage, logprobsOf, toEvents, usageObject } from './completion-parts.ts'
import {
  choicesOf,
  completionTokensOf,
  replyTo,
  reserveTokens,
  tokensOf,
  type Reply,
} from './reply.ts'
import { checkContext } from './context-length.ts'
import type { Answer, Call, Operation, TokenUsage } from './operation.ts'

/** Each choice repeats the name of the tool that it calls. */
const TOOL_NAME_LENGTH_MAX = 256

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['messages', { kind: 'array', isRequired: true, min: 1, check: checkMessages }],
  ...samplingRules,
  ['tools', { kind: 'array', check: checkTools }],
  ['response_format', { kind: 'object', check: checkFormat }],
  ['context_length_exceeded_behavior', { kind: 'string', oneOf: ['truncate', 'error'] }],
  ['reasoning_effort', { kind: 'string', oneOf: ['low', 'medium', 'high'] }],
]

/** Creates a chat completion. @internal */
export const createChat: Operation = {
  endpoint: 'chat',
  rules,
  model: { field: 'model', types: ['chat'] },
  check: (call, state) => checkContext(call, countPromptTokens(call.body), state),
  countTokens: ({ body }) => reserveTokens(body, countPromptTokens(body)),
  act: (call, state) => {
    const reply = replyTo(call.body)
    const usage = {
      promptTokens: countPromptTokens(call.body),
      completionTokens: completionTokensOf(reply) * choicesOf(call.body),
    }
    const id = state.nextId('chat')
    const head = { id, created: state.time.unixSeconds(call.atMs), usage }
    return call.body['stream'] === true
      ? streamChat(call, reply, head)
      : answerChat(call, reply, head)
  },
}

interface Head {
  readonly id: string
  readonly created: number
  readonly usage: TokenUsage
}

function answerChat({ body, model }: Call, reply: Reply, { id, created, usage }: Head): Answer {
  const choice = formatChoice(body, reply)
  let choices = `${choice},"index":0}`
  const count = choicesOf(body)
  for (let index = 1; index < count; index += 1) choices += `,${choice},"index":${index}}`
  const prompt = body['echo'] === true ? JSON.stringify([{ text: promptOf(body) }]) : '[]'
  return {
    status: 200,
    usage,
    body:
      `{"id":"${id}","object":"chat.completion","created":${created},"model":${model?.idJson},` +
      `"prompt":${prompt},"choices":[${choices}],"usage":${formatUsage(usage)}}`,
  }
}

/** A choice without its index and its closing brace. */
function formatChoice(
  body: JsonObject,
  { tokens, content, contentJson, finishReason, toolCall }: Reply,
): string {
  const seed = numberOf(body, 'seed')
  const logprobs = numberOf(body, 'logprobs') ?? 0
  const said = toolCall === undefined ? (contentJson ?? JSON.stringify(content)) : 'null'
  const calls = toolCall === undefined ? '[]' : JSON.stringify([formatToolCall(toolCall)])
  return (
    `{"text":""${seed === undefined ? '' : `,"seed":${seed}`},"finish_reason":"${finishReason}",` +
    `"logprobs":${logprobs > 0 ? JSON.stringify(logprobsOf(tokens)) : 'null'},` +
    `"message":{"role":"assistant","content":${said},"tool_calls":${calls}}`
  )
}

function formatToolCall({ name, arguments: text }: NonNullable<Reply['toolCall']>): JsonObject {
  return { id: `call_${name}`, type: 'function', index: 0, function: { name, arguments: text } }
}

/** Usage rides on the chunk that ends the last choice, as Together sends it. */
function streamChat({ body, model }: Call, reply: Reply, { id, created, usage }: Head): Answer {
  const chunk = (
    index: number,
    fields: JsonObject,
    delta: JsonObject,
    last?: boolean,
  ): JsonObject => ({
    id,
    object: 'chat.completion.chunk',
    created,
    choices: [
      {
        index,
        text: typeof delta['content'] === 'string' ? delta['content'] : '',
        logprobs: null,
        finish_reason: null,
        seed: null,
        delta: { role: 'assistant', ...delta },
        ...fields,
      },
    ],
    model: model?.id,
    usage: last === true ? usageObject(usage) : null,
  })
  const count = choicesOf(body)
  const chunks: JsonObject[] = []
  for (let index = 0; index < count; index += 1) {
    for (const [place, content] of reply.tokens.entries()) {
      chunks.push(chunk(index, {}, { token_id: place + 1, content }))
    }
    if (reply.toolCall !== undefined) {
      chunks.push(chunk(index, {}, { content: null, tool_calls: [formatToolCall(reply.toolCall)] }))
    }
    const end = { finish_reason: reply.finishReason, seed: numberOf(body, 'seed') ?? null }
    chunks.push(chunk(index, end, { content: '' }, index === count - 1))
  }
  return { status: 200, body: '', parts: toEvents(chunks), usage }
}

function checkMessages(value: unknown): string | undefined {
  for (const message of Array.isArray(value) ? value : []) {
    if (!isJsonObject(message)) return 'must hold objects only'
    if (typeof message['role'] !== 'string') return 'must hold objects with a role'
    const content = message['content'] ?? ''
    if (typeof content !== 'string' && !Array.isArray(content)) {
      return 'must hold objects whose content is a string or an array'
    }
  }
  return undefined
}

function checkTools(value: unknown): string | undefined {
  for (const tool of Array.isArray(value) ? value : []) {
    if (!isJsonObject(tool)) return 'must hold objects only'
    const called = isJsonObject(tool['function']) ? textOf(tool['function'], 'name') : ''
    if (called.length > TOOL_NAME_LENGTH_MAX) {
      return `must hold functions whose names have at most ${TOOL_NAME_LENGTH_MAX} characters`
    }
  }
  return undefined
}

function checkFormat(value: unknown): string | undefined {
  const isGood = isJsonObject(value) && typeof value['type'] === 'string'
  return isGood ? undefined : 'must have a type'
}

const counted: { body: JsonObject | undefined; tokens: number } = { body: undefined, tokens: 0 }

/** Asked for three times for each request: by the check of the context, by the quota and for the usage. */
function countPromptTokens(body: JsonObject): number {
  if (body === counted.body) return counted.tokens
  let length = 0
  for (const message of itemsOf(body, 'messages')) length += textOfMessage(message).length
  counted.body = body
  counted.tokens = tokensOf(length)
  return counted.tokens
}

function promptOf(body: JsonObject): string {
  return itemsOf(body, 'messages').map(textOfMessage).join('\n')
}

function textOfMessage(message: unknown): string {
  const content = isJsonObject(message) ? message['content'] : undefined
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(textOfPart).join('') : ''
}

function textOfPart(part: unknown): string {
  return isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''
}
