/**
 * Pieces that the answers of chat and of plain completions have in common.
 */

import type { JsonObject } from './body-rules.ts'
import type { TokenUsage } from './operation.ts'

/** Usage as JSON. @internal */
export function formatUsage({ promptTokens, completionTokens }: TokenUsage): string {
  const total = promptTokens + completionTokens
  return `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${total}}`
}

/** Usage as an object, for the chunk that ends a stream. @internal */
export function usageObject({ promptTokens, completionTokens }: TokenUsage): JsonObject {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** What the mock's models were thinking of: of nothing else. @internal */
export function logprobsOf(tokens: readonly string[]): JsonObject {
  return {
    token_ids: tokens.map((_, index) => index + 1),
    tokens,
    token_logprobs: tokens.map(() => 0),
  }
}

/** Chunks as server-sent events, with the one that ends a stream. @internal */
export function toEvents(chunks: readonly JsonObject[]): readonly string[] {
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n']
}
