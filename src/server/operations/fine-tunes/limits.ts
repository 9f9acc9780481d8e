/**
 * What a model can be fine-tuned with: the same for every model of the mock, and what job bodies are held to.
 *
 * Names and kinds of the limits are Together's, the numbers are made up.
 */

import { isJsonObject, numberOf, type JsonObject } from '../body-rules.ts'
import { badRequest, type Problem } from '../problems.ts'
import type { CatalogueModel, MockModelType } from '../../state/models.ts'

/** The types of models that can be fine-tuned. @internal */
export const trainableTypes: readonly [MockModelType, ...MockModelType[]] = [
  'chat',
  'language',
  'code',
]

/** The most epochs of a job. @internal */
export const EPOCHS_MAX = 20
/** The most versions that a job saves. @internal */
export const CHECKPOINTS_MAX = 10
/** The most evaluations of a job. @internal */
export const EVALUATIONS_MAX = 100

const lora = {
  max_batch_size: 128,
  max_batch_size_dpo: 64,
  min_batch_size: 1,
  max_rank: 64,
  target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
} as const
const full = { max_batch_size: 96, max_batch_size_dpo: 48, min_batch_size: 1 } as const

/** The batch size that "max" and 0 stand for. @internal */
export function batchSizeMax(isLora: boolean, isDpo: boolean): number {
  const { max_batch_size: sft, max_batch_size_dpo: dpo } = isLora ? lora : full
  return isDpo ? dpo : sft
}

/** The limits of a model. @internal */
export function limitsOf({ id, contextLength }: CatalogueModel): JsonObject {
  return {
    model_name: id,
    full_training: full,
    lora_training: lora,
    default_gradient_accumulation_steps: 1,
    max_num_epochs: EPOCHS_MAX,
    max_num_checkpoints: CHECKPOINTS_MAX,
    max_num_evals: EVALUATIONS_MAX,
    max_learning_rate: 1,
    min_learning_rate: 0,
    max_seq_length_sft: contextLength,
    max_seq_length_dpo: contextLength,
    min_max_seq_length: 1,
    merge_output_lora: true,
    supports_full_training: true,
    supports_reasoning: false,
    supports_tools: true,
    supports_vision: false,
  }
}

/** What a body asks for beyond the limits, or without what it depends on. @internal */
export function findConflict(body: JsonObject): Problem | undefined {
  const { training_type: type, training_method: method } = body
  const isLora = !isJsonObject(type) || type['type'] !== 'Full'
  const isDpo = isJsonObject(method) && method['method'] === 'dpo'
  const batchMax = batchSizeMax(isLora, isDpo)
  if ((numberOf(body, 'batch_size') ?? 0) > batchMax) {
    return badRequest(`batch_size must be at most ${batchMax}`, 'batch_size')
  }
  if (isJsonObject(type) && (numberOf(type, 'lora_r') ?? 0) > lora.max_rank) {
    return badRequest(`training_type lora_r must be at most ${lora.max_rank}`, 'training_type')
  }
  return findStoppingConflict(body)
}

/** A plateau is only seen on a validation file, and only after so many evaluations. */
function findStoppingConflict(body: JsonObject): Problem | undefined {
  if (body['early_stopping_enabled'] !== true) return undefined
  if (typeof body['validation_file'] !== 'string') {
    return badRequest('early_stopping_enabled needs a validation_file', 'validation_file')
  }
  const patience = numberOf(body, 'early_stopping_patience') ?? 1
  const warmup = numberOf(body, 'early_stopping_warmup_evals') ?? 1
  const least = patience + warmup + 1
  if ((numberOf(body, 'n_evals') ?? 0) >= least) return undefined
  return badRequest(`n_evals must be at least ${least} for early stopping`, 'n_evals')
}
