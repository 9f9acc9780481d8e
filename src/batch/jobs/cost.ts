/**
 * What the answers of a run cost, and what they would have cost as calls.
 */
import type { ModelPrice } from '../models.ts'
import { fieldOf } from './batch-state.ts'

/** Tokens and US dollars of the answers that were handed out. Failed requests are not in it. @public */
export interface BatchCost {
  readonly promptTokens: number
  readonly completionTokens: number
  /** As calls. Undefined where `GET /v1/models` names no price of a model that answered, or only zeros. */
  readonly realTimeUsd: number | undefined
  /** In batches. Undefined also where the profile does not say how their price compares. */
  readonly batchUsd: number | undefined
  readonly savedUsd: number | undefined
}

interface Tokens {
  prompt: number
  completion: number
}

/** Adds up. @internal */
export class CostMeter {
  readonly #tokens = new Map<string, Tokens>()

  /** An answer that does not tell its usage counts for nothing. */
  add(model: string, response: unknown): void {
    const usage = fieldOf(response, 'usage')
    if (usage === undefined) return
    const tokens = this.#tokens.get(model) ?? { prompt: 0, completion: 0 }
    tokens.prompt += countOf(fieldOf(usage, 'prompt_tokens'))
    tokens.completion += countOf(fieldOf(usage, 'completion_tokens'))
    this.#tokens.set(model, tokens)
  }

  /** @param priceShare - Of a batch against calls. */
  async total(
    priceOf: (model: string) => Promise<ModelPrice | undefined>,
    priceShare: number | undefined,
  ): Promise<BatchCost> {
    let [promptTokens, completionTokens] = [0, 0]
    let realTimeUsd: number | undefined = this.#tokens.size === 0 ? undefined : 0
    for (const [model, { prompt, completion }] of this.#tokens) {
      promptTokens += prompt
      completionTokens += completion
      const price = await priceOf(model)
      // Part of a sum would look like the sum.
      if (price === undefined || realTimeUsd === undefined) realTimeUsd = undefined
      else realTimeUsd += (prompt * price.input + completion * price.output) / million
    }
    const batchUsd =
      realTimeUsd === undefined || priceShare === undefined ? undefined : realTimeUsd * priceShare
    const savedUsd =
      realTimeUsd === undefined || batchUsd === undefined ? undefined : realTimeUsd - batchUsd
    return { promptTokens, completionTokens, realTimeUsd, batchUsd, savedUsd }
  }
}

const million = 1_000_000

function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 && value < Infinity ? value : 0
}
