/**
 * What an answer says that it came to, in tokens: its `usage`, under the names that are about.
 *
 * Whoever settles tokens must never settle too few, so what is not whole, not plausible or only a part of the sum counts
 * as not said.
 */

/** No model takes or writes more at once; a server that names more is wrong, and believing it would stop all calls. */
const tokensMaxPlausible = 10_000_000

const partNames = ['prompt_tokens', 'completion_tokens', 'input_tokens', 'output_tokens'] as const

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
  const fields: Readonly<Record<string, unknown>> = { ...usage }
  const totals = [
    readTokens(fields['total_tokens']),
    sumOf(fields['prompt_tokens'], fields['completion_tokens']),
    sumOf(fields['input_tokens'], fields['output_tokens']),
  ].filter((total) => total !== undefined)
  if (totals.length === 0) return undefined
  const parts = partNames.map((name) => readTokens(fields[name]) ?? 0)
  return readTokens(Math.max(...totals, ...parts))
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
