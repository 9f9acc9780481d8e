/**
 * What the body of a job may hold.
 *
 * The API's description gives almost no bounds, and its clients send a count of 0 for the default.
 */

import { findProblem, isJsonObject, type BodyRules, type FieldRule } from '../body-rules.ts'
import { CHECKPOINTS_MAX, EPOCHS_MAX, EVALUATIONS_MAX } from './limits.ts'

const name: FieldRule = { kind: 'string', max: 256 }
const amount: FieldRule = { kind: 'number', min: 0 }
const share: FieldRule = { kind: 'number', min: 0, max: 1 }
const count: FieldRule = { kind: 'whole', min: 0 }
const file: FieldRule = { kind: 'string', min: 1, max: 256 }

/** How the loss is made. @internal */
export const methodRules: BodyRules = [
  ['method', { kind: 'string', isRequired: true, oneOf: ['sft', 'dpo'] }],
  ['train_on_inputs', { kind: 'any', check: checkTrainOnInputs }],
  ['dpo_beta', { kind: 'number' }],
  ['dpo_normalize_logratios_by_length', { kind: 'boolean' }],
  ['dpo_reference_free', { kind: 'boolean' }],
  ['rpo_alpha', { kind: 'number' }],
  ['simpo_gamma', { kind: 'number' }],
]
/** A whole model or an adapter. @internal */
export const typeRules: BodyRules = [
  ['type', { kind: 'string', isRequired: true, oneOf: ['Full', 'Lora'] }],
]
/** The shape of an adapter. @internal */
export const loraRules: BodyRules = [
  ['lora_r', { kind: 'whole', min: 1, isRequired: true }],
  ['lora_alpha', { kind: 'whole', min: 1, isRequired: true }],
  ['lora_dropout', share],
  ['lora_trainable_modules', name],
]
/** How the learning rate falls. @internal */
export const scheduleRules: BodyRules = [
  ['lr_scheduler_type', { kind: 'string', isRequired: true, oneOf: ['linear', 'cosine'] }],
  ['lr_scheduler_args', { kind: 'object', check: complaintOf([['min_lr_ratio', share]]) }],
]

/** Files, and how they are trained on: what estimating a price has in common with starting a job. @internal */
export const trainingRules: BodyRules = [
  ['training_file', { ...file, isRequired: true }],
  ['validation_file', name],
  ['n_epochs', { kind: 'whole', min: 0, max: EPOCHS_MAX }],
  ['n_evals', { kind: 'whole', min: 0, max: EVALUATIONS_MAX }],
  ['training_method', { kind: 'object', check: complaintOf(methodRules) }],
  ['training_type', { kind: 'object', check: checkTrainingType }],
  ['from_checkpoint', name],
]

/** All that starting a job may hold. @internal */
export const jobRules: BodyRules = [
  ...trainingRules,
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['n_checkpoints', { kind: 'whole', min: 0, max: CHECKPOINTS_MAX }],
  ['batch_size', { kind: 'any', check: checkBatchSize }],
  ['learning_rate', share],
  ['lr_scheduler', { kind: 'object', check: complaintOf(scheduleRules) }],
  ['warmup_ratio', share],
  ['max_grad_norm', amount],
  ['weight_decay', amount],
  ['suffix', { kind: 'string', max: 64 }],
  ['train_on_inputs', { kind: 'any', check: checkTrainOnInputs }],
  ['max_seq_length', count],
  ['packing', { kind: 'boolean' }],
  ['random_seed', { kind: 'whole' }],
  ['gradient_accumulation_steps', count],
  ['early_stopping_enabled', { kind: 'boolean' }],
  ['early_stopping_min_delta', amount],
  ['early_stopping_patience', count],
  ['early_stopping_warmup_evals', count],
  [
    'multimodal_params',
    { kind: 'object', check: complaintOf([['train_vision', { kind: 'boolean' }]]) },
  ],
  ...[
    'from_hf_model',
    'hf_api_token',
    'hf_model_revision',
    'hf_output_repo_name',
    'wandb_api_key',
    'wandb_base_url',
    'wandb_entity',
    'wandb_name',
    'wandb_project_name',
  ].map((field) => [field, name] as const),
]

function complaintOf(rules: BodyRules): (value: unknown) => string | undefined {
  return (value) => {
    const problem = isJsonObject(value) ? findProblem(value, rules) : undefined
    return problem === undefined ? undefined : `has a wrong field: ${problem.message}`
  }
}

function checkTrainingType(value: unknown): string | undefined {
  const isLora = isJsonObject(value) && value['type'] === 'Lora'
  return complaintOf(isLora ? [...typeRules, ...loraRules] : typeRules)(value)
}

function checkTrainOnInputs(value: unknown): string | undefined {
  return typeof value === 'boolean' || value === 'auto' ? undefined : 'must be true, false or auto'
}

function checkBatchSize(value: unknown): string | undefined {
  const isCount = Number.isSafeInteger(value) && Number(value) >= 0
  return isCount || value === 'max' ? undefined : 'must be a whole number of at least 0, or max'
}
