/**
 * What an answer says that it came to, in tokens: its `usage`, under the names that are about.
 *
 * Whoever settles tokens must never settle too few, so what is not whole, not plausible or only a part of the sum counts
 * as not said.
 */

/** No model takes or writes more at once; a server that names more is wrong, and believing it would stop all calls. */
const tokensMaxPlausible = 10_000_000

/**
 * The tokens of prompt and answer together that a `usage` object names: its total or the sum of its parts, whichever is
 * more. Parts go by `prompt_tokens` and `completion_tokens`, or by `input_tokens` and `output_tokens`. A total below a
 * part of it is wrong, and the part then the least that it was.
 *
 * @returns A whole number, 0 to 10,000,000; undefined where nothing of the kind is said.
 * @internal
 */
export function tokensOfUsage(usage: unknown): number | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const fields: UsageFields = usage
  const total = readTokens(fields.total_tokens)
  const ofText = sumOf(fields.prompt_tokens, fields.completion_tokens)
  const ofParts = sumOf(fields.input_tokens, fields.output_tokens)
  if (total === undefined && ofText === undefined && ofParts === undefined) return undefined
  const largest = Math.max(
    total ?? 0,
    ofText ?? 0,
    ofParts ?? 0,
    readTokens(fields.prompt_tokens) ?? 0,
    readTokens(fields.completion_tokens) ?? 0,
    readTokens(fields.input_tokens) ?? 0,
    readTokens(fields.output_tokens) ?? 0,
  )
  return readTokens(largest)
}

interface UsageFields {
  readonly total_tokens?: unknown
  readonly prompt_tokens?: unknown
  readonly completion_tokens?: unknown
  readonly input_tokens?: unknown
  readonly output_tokens?: unknown
}

/** The same of a whole answer, parsed. @internal */
export function tokensOfAnswer(answer: unknown): number | undefined {
  if (typeof answer !== 'object' || answer === null || !('usage' in answer)) return undefined
  return tokensOfUsage(answer.usage)
}

function sumOf(one: unknown, other: unknown): number | undefined {
  const first = readTokens(one)
  const second = readTokens(other)
  return first === undefined || second === undefined ? undefined : first + second
}

function readTokens(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  return value >= 0 && value <= tokensMaxPlausible ? value : undefined
}
