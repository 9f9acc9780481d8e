/**
 * How many tokens a request may come to, judged by its body alone: an upper bound for what people usually send.
 *
 * Pure, and no tokenizer: those differ from model to model. Where a bound is certain only at several times what is usual
 * (an answer without `max_tokens`, random characters), what is usual is taken; what is used beyond it becomes a debt of
 * the limiter's. Whoever knows better passes an `estimateTokens` of their own.
 */
import type { EndpointClass } from '../core/profile.ts'

/** What a model's template puts around a chat: markers, a default system prompt, the date. */
const templateTokens = 64
/** An answer of which the body does not say how long it may get. */
const answerTokensDefault = 2_048
/** An image, a sound, a film or a file: about the most that a model makes of one picture. */
const mediaTokens = 6_500
/**
 * No estimate is above this, whatever a body asks for: what is reserved has to be paid for in time, also where the server
 * then says that it is too much.
 */
const estimateMax = 1_048_576

/** Characters are counted in half tokens. English has about nine of them to two tokens, code six, numbers two. */
const halvesOfAscii = 1
/** Some tokenizers take digits one at a time. */
const halvesOfDigit = 2
/** Of one UTF-16 unit of anything else; an emoji has two of them and up to four tokens. */
const halvesOfOther = 4

/** The parts of a message that are not text. Their base64 is not counted. */
const mediaTypes: ReadonlySet<unknown> = new Set([
  'image',
  'image_url',
  'input_image',
  'audio_url',
  'input_audio',
  'video_url',
  'file',
  'input_file',
])

/**
 * Estimates the tokens of prompt and answer together.
 *
 * Every text in the body counts, names of fields included (tools and schemas are part of the prompt): half a token for an
 * ASCII character, one for a digit, two for any other UTF-16 unit, and one for each value, so that an array of token ids
 * counts as what it is. An image, sound or file counts as 6,500. For chat and completions a template's 64 are added, and
 * for each choice (`n`, `best_of`) of each prompt what `max_tokens`, `max_completion_tokens` or `max_output_tokens` say, or
 * 2,048 where none does.
 *
 * @param body - The parsed JSON; undefined where there was nothing to read.
 * @returns A whole number, 1 to 1,048,576. More text, more choices and more tokens asked for never make it less.
 * @example
 * const tokens = estimateTokens(body, 'chat') // for `togetherRetry` or `acquire`
 * @public
 */
export function estimateTokens(body: unknown, endpoint: EndpointClass): number {
  const promptTokens = Math.ceil(countHalves(body) / 2)
  const tokens =
    endpoint === 'chat' ? promptTokens + templateTokens + answerTokens(body) : promptTokens
  return Math.min(estimateMax, Math.max(1, tokens))
}

/** All of it, without recursion: JSON may be nested deeper than the stack is. */
function countHalves(body: unknown): number {
  const pending: unknown[] = body === undefined ? [] : [body]
  let halves = 0
  while (pending.length > 0 && halves < 2 * estimateMax) {
    const value = pending.pop()
    halves += 2
    if (typeof value === 'string') halves += halvesOfText(value)
    else if (Array.isArray(value)) for (const item of value) pending.push(item)
    else if (typeof value === 'object' && value !== null) halves += halvesOfFields(value, pending)
  }
  return halves
}

function halvesOfFields(value: object, pending: unknown[]): number {
  if ('type' in value && mediaTypes.has(value.type)) return 2 * mediaTokens
  let halves = 0
  for (const [name, field] of Object.entries(value)) {
    halves += halvesOfText(name)
    pending.push(field)
  }
  return halves
}

function halvesOfText(text: string): number {
  let halves = 0
  for (let at = 0; at < text.length; at += 1) {
    // oxlint-disable-next-line unicorn/prefer-code-point -- UTF-16 units are what is counted.
    const unit = text.charCodeAt(at)
    if (unit > 0x7f) halves += halvesOfOther
    else halves += unit >= 0x30 && unit <= 0x39 ? halvesOfDigit : halvesOfAscii
  }
  return halves
}

function answerTokens(body: unknown): number {
  if (typeof body !== 'object' || body === null) return answerTokensDefault
  const fields: Readonly<Record<string, unknown>> = { ...body }
  const asked = Math.max(
    readCount(fields['max_tokens']),
    readCount(fields['max_completion_tokens']),
    readCount(fields['max_output_tokens']),
  )
  const choices = Math.max(1, readCount(fields['n']), readCount(fields['best_of']))
  return (asked < 0 ? answerTokensDefault : asked) * choices * promptsIn(fields['prompt'])
}

/** Of a list of texts, or of lists of token ids, each is answered. */
function promptsIn(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}

/** Finite, whatever stands there; -1 where no number from 0 on does. */
function readCount(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? Math.min(estimateMax, Math.ceil(value)) : -1
}
