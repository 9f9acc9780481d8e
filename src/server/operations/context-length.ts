/**
 * Whether a prompt and its answer fit the model.
 */

import { numberOf } from './body-rules.ts'
import type { Call, ServerState } from './operation.ts'
import type { Problem } from './problems.ts'

/** Refuses what is too long, unless the request lets the server cut it. @internal */
export function checkContext(
  { body, model }: Call,
  promptTokens: number,
  { profile }: ServerState,
): Problem | undefined {
  // Of a model that may be made up for the request nobody knows how much it takes.
  if (profile.isLenient === true) return undefined
  const contextLength = model?.contextLength ?? Infinity
  if (promptTokens + (numberOf(body, 'max_tokens') ?? 0) <= contextLength) return undefined
  const behaviour = body['context_length_exceeded_behavior']
  if (behaviour === 'truncate') return undefined
  const message = `input and max_tokens together exceed the ${contextLength} tokens of the model`
  // Together answers 403 here, which is not a matter of permission, and 400 where an error is asked for by name.
  const status = behaviour === 'error' ? 400 : 403
  return { status, message, type: 'invalid_request_error', param: 'max_tokens' }
}
