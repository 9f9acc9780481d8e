/**
 * `POST /v1/completions`: the older operation, a prompt in and a text out.
 */

import { numberOf, textOf, type BodyRules, type JsonObject } from './body-rules.ts'
import { samplingRules } from './body-rules-of-sampling.ts'
import { formatUsage, logprobsOf, toEvents, usageObject } from './completion-parts.ts'
import { checkContext } from './context-length.ts'
import {
  choicesOf,
  completionTokensOf,
  reserveTokens,
  tokensOf,
  wordsFor,
  type Reply,
} from './reply.ts'
import type { Answer, Call, Operation, TokenUsage } from './operation.ts'

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['prompt', { kind: 'string', isRequired: true }],
  ...samplingRules,
]

/** Completes a text. @internal */
export const createCompletion: Operation = {
  endpoint: 'completions',
  rules,
  model: { field: 'model', types: ['language', 'code', 'chat'] },
  check: (call, state) => checkContext(call, promptTokensOf(call.body), state),
  countTokens: ({ body }) => reserveTokens(body, promptTokensOf(body)),
  act: (call, state) => {
    const reply = wordsFor(call.body)
    const usage = {
      promptTokens: promptTokensOf(call.body),
      completionTokens: completionTokensOf(reply) * choicesOf(call.body),
    }
    const head = { id: state.nextId('cmpl'), created: state.time.unixSeconds(call.atMs) }
    return call.body['stream'] === true
      ? streamCompletion(call, reply, { ...head, usage })
      : answerCompletion(call, reply, { ...head, usage })
  },
}

interface Head {
  readonly id: string
  readonly created: number
  readonly usage: TokenUsage
}

function answerCompletion({ body, model }: Call, reply: Reply, head: Head): Answer {
  const seed = numberOf(body, 'seed')
  const choice = {
    text: reply.content,
    finish_reason: reply.finishReason,
    ...(seed === undefined ? {} : { seed }),
    ...((numberOf(body, 'logprobs') ?? 0) > 0 ? { logprobs: logprobsOf(reply.tokens) } : {}),
  }
  const choices = Array.from({ length: choicesOf(body) }, () => choice)
  const prompt = body['echo'] === true ? [{ text: textOf(body, 'prompt') }] : []
  return {
    status: 200,
    usage: head.usage,
    body:
      `{"id":"${head.id}","object":"text.completion","created":${head.created},` +
      `"model":${model?.idJson},"prompt":${JSON.stringify(prompt)},` +
      `"choices":${JSON.stringify(choices)},"usage":${formatUsage(head.usage)}}`,
  }
}

/** Tokens go out one by one; the last chunk says why the text ends and what it used. */
function streamCompletion({ body }: Call, reply: Reply, { id, created, usage }: Head): Answer {
  const chunk = (index: number, place: number, text: string): JsonObject => ({
    id,
    object: 'completion.chunk',
    created,
    token: { id: place + 1, text, logprob: 0, special: false },
    choices: [{ index, text, delta: { role: 'assistant', token_id: place + 1, content: text } }],
    usage: null,
    finish_reason: null,
  })
  const chunks: JsonObject[] = []
  const count = choicesOf(body)
  for (let index = 0; index < count; index += 1) {
    for (const [place, text] of reply.tokens.entries()) chunks.push(chunk(index, place, text))
    const isLast = index === count - 1
    chunks.push({
      ...chunk(index, reply.tokens.length, ''),
      finish_reason: reply.finishReason,
      ...(isLast ? { usage: usageObject(usage) } : {}),
    })
  }
  return { status: 200, body: '', parts: toEvents(chunks), usage }
}

function promptTokensOf(body: JsonObject): number {
  return tokensOf(textOf(body, 'prompt').length)
}
