/**
 * What a job keeps of its body: the settings that its answers repeat, and what its life depends on.
 *
 * Only known fields are kept, and no keys or tokens of other services.
 */

import { isJsonObject, numberOf, textOf, type BodyRules, type JsonObject } from '../body-rules.ts'
import { batchSizeMax } from './limits.ts'
import { loraRules, methodRules, scheduleRules, typeRules } from './rules.ts'
import type { FineTuneDetails } from '../operation.ts'

const LEARNING_RATE = 0.000_01
const defaultType = { type: 'Lora', lora_r: 8, lora_alpha: 16 } as const

/** What a job keeps of its body. @internal */
export function readDetails(body: JsonObject): FineTuneDetails {
  const settings = readSettings(body)
  const hasValidation = textOf(body, 'validation_file') !== ''
  const schedule = body['lr_scheduler']
  return {
    trainingFile: textOf(body, 'training_file'),
    model: textOf(body, 'model'),
    suffix: textOf(body, 'suffix'),
    epochs: countOf(body, 'n_epochs'),
    checkpoints: countOf(body, 'n_checkpoints'),
    evaluations: hasValidation ? (numberOf(body, 'n_evals') ?? 0) : 0,
    hasValidation,
    hasWandb: textOf(body, 'wandb_api_key') !== '',
    isLora: isLora(body),
    learningRate: numberOf(settings, 'learning_rate') ?? LEARNING_RATE,
    isCosine: isJsonObject(schedule) && schedule['lr_scheduler_type'] === 'cosine',
    settings,
  }
}

function isLora(body: JsonObject): boolean {
  const type = body['training_type']
  return !isJsonObject(type) || type['type'] !== 'Full'
}

/** A count, or 1 where it is absent or 0. */
function countOf(body: JsonObject, field: string): number {
  return numberOf(body, field) || 1
}

const repeated = [
  'validation_file',
  'suffix',
  'max_seq_length',
  'packing',
  'random_seed',
  'from_checkpoint',
  'from_hf_model',
  'hf_model_revision',
  'wandb_project_name',
  'wandb_name',
] as const

function readSettings(body: JsonObject): JsonObject {
  const trainOnInputs = body['train_on_inputs'] ?? 'auto'
  const method = pick(body['training_method'], methodRules)
  const isDpo = method?.['method'] === 'dpo'
  const given = repeated.filter((field) => (body[field] ?? undefined) !== undefined)
  const schedule = pick(body['lr_scheduler'], scheduleRules)
  return {
    training_file: body['training_file'],
    model: body['model'],
    n_epochs: countOf(body, 'n_epochs'),
    n_checkpoints: countOf(body, 'n_checkpoints'),
    n_evals: numberOf(body, 'n_evals') ?? 0,
    batch_size: numberOf(body, 'batch_size') || batchSizeMax(isLora(body), isDpo),
    learning_rate: numberOf(body, 'learning_rate') || LEARNING_RATE,
    warmup_ratio: numberOf(body, 'warmup_ratio') ?? 0,
    max_grad_norm: numberOf(body, 'max_grad_norm') ?? 1,
    weight_decay: numberOf(body, 'weight_decay') ?? 0,
    train_on_inputs: trainOnInputs,
    training_method: isDpo ? method : { train_on_inputs: trainOnInputs, ...method, method: 'sft' },
    training_type: pick(body['training_type'], [...typeRules, ...loraRules]) ?? defaultType,
    ...(schedule === undefined ? {} : { lr_scheduler: schedule }),
    ...Object.fromEntries(given.map((field) => [field, body[field]])),
  }
}

/** The known fields of an object that is there: what else it holds is not kept. */
function pick(value: unknown, rules: BodyRules): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined
  const known = rules.flatMap(([field]) => {
    const inner = value[field] ?? undefined
    return inner === undefined ? [] : [[field, inner] as const]
  })
  return Object.fromEntries(known)
}
