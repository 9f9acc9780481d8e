/**
 * `POST /v1/chat/completions`, without streaming.
 *
 * The answer is put together from prepared pieces: the simulator asks for tens of thousands of them a second. A token is
 * four characters of the prompt or one word of the reply.
 */

import { isJsonObject, itemsOf, numberOf, type BodyRules, type JsonObject } from './body-rules.ts'
import { badRequest, type Problem } from './problems.ts'
import type { Call, Operation } from './operation.ts'

const replyWords = 'This is a reply of the mock server and it says nothing at all .'.split(' ')
const CHARACTERS_PER_TOKEN = 4

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['messages', { kind: 'array', isRequired: true, min: 1, check: checkMessages }],
  ['max_tokens', { kind: 'whole', min: 0 }],
  ['n', { kind: 'whole', min: 1, max: 128 }],
  ['temperature', { kind: 'number', min: 0, max: 2 }],
  ['top_p', { kind: 'number', min: 0, max: 1 }],
  ['logprobs', { kind: 'whole', min: 0, max: 20 }],
  ['stream', { kind: 'boolean' }],
]

/** Creates a chat completion. @internal */
export const createChat: Operation = {
  endpoint: 'chat',
  rules,
  model: { field: 'model', type: 'chat' },
  check,
  act: (call, { nextId, time }) => {
    const words = Math.min(replyWords.length, numberOf(call.body, 'max_tokens') ?? Infinity)
    const content = replyWords.slice(0, words).join(' ')
    const finishReason = words < replyWords.length ? 'length' : 'stop'
    const choice = `{"text":"","logprobs":null,"seed":null,"finish_reason":"${finishReason}","message":{"role":"assistant","content":"${content}","tool_calls":[]}`
    const choices: string[] = []
    const count = numberOf(call.body, 'n') ?? 1
    for (let index = 0; index < count; index += 1) choices.push(`${choice},"index":${index}}`)
    const usage = formatUsage(countPromptTokens(call.body), words * count)
    return {
      status: 200,
      body:
        `{"id":"${nextId('chat')}","object":"chat.completion","created":${time.unixSeconds(call.atMs)},` +
        `"model":${call.model?.idJson},"prompt":[],"choices":[${choices.join(',')}],"usage":${usage}}`,
    }
  },
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

function check(call: Call): Problem | undefined {
  if (call.body['stream'] === true) {
    return badRequest(
      'stream is not supported by this mock yet: send false or leave it out',
      'stream',
    )
  }
  const contextLength = call.model?.contextLength ?? Infinity
  if (countPromptTokens(call.body) + (numberOf(call.body, 'max_tokens') ?? 0) <= contextLength)
    return undefined
  // Together answers 403 here, which is not a matter of permission.
  const message = `input and max_tokens together exceed the ${contextLength} tokens of the model`
  return { status: 403, message, type: 'invalid_request_error', param: 'max_tokens' }
}

function countPromptTokens(body: JsonObject): number {
  let length = 0
  for (const message of itemsOf(body, 'messages')) {
    const content = isJsonObject(message) ? message['content'] : undefined
    if (typeof content === 'string') length += content.length
    else if (Array.isArray(content)) for (const part of content) length += textLength(part)
  }
  return Math.ceil(length / CHARACTERS_PER_TOKEN)
}

function textLength(part: unknown): number {
  return isJsonObject(part) && typeof part['text'] === 'string' ? part['text'].length : 0
}

function formatUsage(promptTokens: number, completionTokens: number): string {
  const total = promptTokens + completionTokens
  return `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${total}}`
}
