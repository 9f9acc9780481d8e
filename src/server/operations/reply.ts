/**
 * What the mock's models say: always the same words, cut where the request asks for it.
 *
 * A token is four characters of a prompt or one word of a reply. Requests that force a form get it: JSON that fits the
 * schema, or a call of the tool.
 */

import { isJsonObject, itemsOf, numberOf, textOf, type JsonObject } from './body-rules.ts'
import { exampleOf } from './json-example.ts'
import type { TokenUsage } from './operation.ts'

const replyWords = 'This is a reply of the mock server and it says nothing at all .'.split(' ')
const wholeReply = replyWords.join(' ')
const CHARACTERS_PER_TOKEN = 4

/** One choice of an answer. @internal */
export interface Reply {
  /** The content as JSON, where it is always the same. */
  readonly contentJson?: string
  /** In the order in which a stream sends them; joined they are the content. */
  readonly tokens: readonly string[]
  readonly content: string
  readonly finishReason: 'stop' | 'length' | 'tool_calls'
  /** A call of a tool in place of the content. */
  readonly toolCall?: { readonly name: string; readonly arguments: string }
}

const plainReply: Reply = Object.freeze({
  contentJson: JSON.stringify(wholeReply),
  tokens: toTokens(wholeReply),
  content: wholeReply,
  finishReason: 'stop',
})

/** What the model says to a chat. @internal */
export function replyTo(body: JsonObject): Reply {
  const toolCall = findToolCall(body)
  if (toolCall !== undefined) {
    return { tokens: [], content: '', finishReason: 'tool_calls', toolCall }
  }
  const json = findJson(body)
  return json === undefined ? wordsFor(body) : cut([json], body)
}

/** What the model says where it says it in words. @internal */
export function wordsFor(body: JsonObject): Reply {
  const isWhole =
    body['stop'] === undefined &&
    (numberOf(body, 'max_tokens') ?? Infinity) >= plainReply.tokens.length
  return isWhole ? plainReply : cut(plainReply.tokens, body)
}

/** What a request may use at the most, as a server reserves it that does not know the reply yet. @internal */
export function reserveTokens(body: JsonObject, promptTokens: number): TokenUsage {
  const each = numberOf(body, 'max_tokens') ?? plainReply.tokens.length
  return { promptTokens, completionTokens: each * choicesOf(body) }
}

/** How many choices are asked for. @internal */
export function choicesOf(body: JsonObject): number {
  return numberOf(body, 'n') ?? 1
}

/** Tokens of a text. @internal */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

/** Tokens that a choice used. @internal */
export function completionTokensOf({ tokens, toolCall }: Reply): number {
  return toolCall === undefined ? tokens.length : tokensOf(toolCall.arguments.length)
}

function toTokens(text: string): readonly string[] {
  return text.split(' ').map((word, index) => (index === 0 ? word : ` ${word}`))
}

/** Cuts at the first stop sequence and at the number of tokens, whichever comes first. */
function cut(tokens: readonly string[], body: JsonObject): Reply {
  const text = tokens.join('')
  let end = text.length
  for (const stop of stopsOf(body)) {
    const at = text.indexOf(stop)
    if (at >= 0) end = Math.min(end, at)
  }
  const stopped = tokensUntil(tokens, end)
  const kept = stopped.slice(0, numberOf(body, 'max_tokens') ?? Infinity)
  const finishReason = kept.length < stopped.length ? 'length' : 'stop'
  return { tokens: kept, content: kept.join(''), finishReason }
}

/** The first characters, in the tokens that they come in. */
function tokensUntil(tokens: readonly string[], end: number): readonly string[] {
  const kept: string[] = []
  let length = 0
  for (const token of tokens) {
    if (length >= end) break
    kept.push(token.slice(0, end - length))
    length += token.length
  }
  return kept
}

function stopsOf(body: JsonObject): readonly string[] {
  const stop = body['stop']
  const stops = typeof stop === 'string' ? [stop] : itemsOf(body, 'stop').map(String)
  return stops.filter((text) => text !== '')
}

/** The JSON that `response_format` asks for. Together takes the schema in two places. */
function findJson(body: JsonObject): string | undefined {
  const format = body['response_format']
  if (!isJsonObject(format)) return undefined
  if (format['type'] === 'json_object' && format['schema'] === undefined) return '{}'
  if (format['type'] !== 'json_schema' && format['type'] !== 'json_object') return undefined
  const named = format['json_schema']
  const schema = isJsonObject(named) ? (named['schema'] ?? named) : format['schema']
  return exampleOf(schema)
}

/** The tool that `tool_choice` forces: by its name, as an object, or as "required". */
function findToolCall(body: JsonObject): Reply['toolCall'] {
  const choice = body['tool_choice']
  if (choice === undefined || choice === null || choice === 'auto' || choice === 'none') {
    return undefined
  }
  const tools = itemsOf(body, 'tools')
    .map((tool) => (isJsonObject(tool) ? tool['function'] : undefined))
    .filter(isJsonObject)
  const wanted = choice === 'required' ? undefined : nameOf(choice)
  const tool = wanted === undefined ? tools[0] : tools.find((one) => one['name'] === wanted)
  if (tool === undefined) return undefined
  return { name: textOf(tool, 'name'), arguments: exampleOf(tool['parameters']) }
}

function nameOf(choice: unknown): unknown {
  if (!isJsonObject(choice)) return choice
  const inner = choice['function']
  return isJsonObject(inner) ? inner['name'] : undefined
}
