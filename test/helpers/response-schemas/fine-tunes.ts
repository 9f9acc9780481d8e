/**
 * What Together's API description asks of the answers of the fine-tuning routes.
 *
 * Written out from the published description: required fields, types and enumerations. Where it and the types of the
 * client `together-ai` 0.52 differ, both are asked for. Fields that neither lists are allowed, as they are there.
 */

const text = { type: 'string' } as const
const whole = { type: 'integer' } as const
const number = { type: 'number' } as const
const flag = { type: 'boolean' } as const
const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
const time = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
} as const

function object(properties: Record<string, object>, required: string[]): object {
  return { type: 'object', properties, required }
}

function listOf(items: object): object {
  return { type: 'array', items }
}

const statuses = [
  'pending',
  'queued',
  'running',
  'compressing',
  'uploading',
  'cancel_requested',
  'cancelled',
  'error',
  'completed',
] as const

const eventTypes = [
  'job_pending',
  'job_start',
  'job_stopped',
  'model_downloading',
  'model_download_complete',
  'training_data_downloading',
  'training_data_download_complete',
  'validation_data_downloading',
  'validation_data_download_complete',
  'wandb_init',
  'training_start',
  'checkpoint_save',
  'billing_limit',
  'epoch_complete',
  'training_complete',
  'model_compressing',
  'model_compression_complete',
  'model_uploading',
  'model_upload_complete',
  'job_complete',
  'job_error',
  'cancel_requested',
  'job_restarted',
  'refund',
  'warning',
] as const

const event = object(
  {
    object: { enum: ['fine-tune-event'] },
    created_at: time,
    // The description also allows null, but its own schema of the field cannot be satisfied by it.
    level: {
      enum: ['info', 'warning', 'error', 'legacy_info', 'legacy_iwarning', 'legacy_ierror'],
    },
    message: text,
    type: { enum: eventTypes },
    param_count: whole,
    token_count: whole,
    total_steps: whole,
    wandb_url: text,
    step: whole,
    checkpoint_path: text,
    model_path: text,
    training_offset: whole,
    hash: text,
  },
  [
    'object',
    'created_at',
    'message',
    'type',
    'param_count',
    'token_count',
    'total_steps',
    'wandb_url',
    'step',
    'checkpoint_path',
    'model_path',
    'training_offset',
    'hash',
  ],
)

const trainOnInputs = { anyOf: [flag, { enum: ['auto'] }] }

const trainingType = {
  oneOf: [
    object({ type: { enum: ['Full'] } }, ['type']),
    object(
      {
        type: { enum: ['Lora'] },
        lora_r: whole,
        lora_alpha: whole,
        lora_dropout: number,
        lora_trainable_modules: text,
      },
      ['type', 'lora_r', 'lora_alpha'],
    ),
  ],
}

const trainingMethod = {
  oneOf: [
    object({ method: { enum: ['sft'] }, train_on_inputs: trainOnInputs }, [
      'method',
      'train_on_inputs',
    ]),
    object(
      {
        method: { enum: ['dpo'] },
        dpo_beta: number,
        rpo_alpha: number,
        dpo_normalize_logratios_by_length: flag,
        dpo_reference_free: flag,
        simpo_gamma: number,
      },
      ['method'],
    ),
  ],
}

const scheduler = object(
  {
    lr_scheduler_type: { enum: ['linear', 'cosine'] },
    lr_scheduler_args: object({ min_lr_ratio: number, num_cycles: number }, []),
  },
  ['lr_scheduler_type'],
)

const progress = object({ estimate_available: flag, seconds_remaining: number }, [
  'estimate_available',
  'seconds_remaining',
])

const common = {
  status: { enum: statuses },
  user_id: text,
  training_file: text,
  validation_file: text,
  model: text,
  model_output_name: text,
  created_at: time,
  updated_at: time,
  started_at: time,
  n_epochs: whole,
  n_checkpoints: whole,
  n_evals: whole,
  learning_rate: number,
  lr_scheduler: scheduler,
  warmup_ratio: number,
  max_grad_norm: number,
  weight_decay: number,
  training_method: trainingMethod,
  training_type: trainingType,
  events: listOf(event),
  token_count: whole,
  total_price: whole,
  wandb_project_name: text,
  from_checkpoint: text,
  from_hf_model: text,
  hf_model_revision: text,
  progress,
}

const shortForm = {
  ...common,
  id: text,
  owner_address: text,
  suffix: text,
  batch_size: whole,
  wandb_name: text,
  max_seq_length: whole,
  packing: flag,
  random_seed: whole,
}
const shortRequired = ['id', 'status', 'created_at', 'updated_at', 'user_id']

const wholeForm = {
  ...common,
  model_output_path: text,
  trainingfile_numlines: whole,
  trainingfile_size: whole,
  batch_size: { anyOf: [whole, { enum: ['max'] }] },
  eval_steps: whole,
  train_on_inputs: trainOnInputs,
  job_id: text,
  param_count: whole,
  epochs_completed: whole,
  queue_depth: whole,
  wandb_url: text,
}
const wholeRequired = ['id', 'status', 'user_id']

/** The short form: of a job that is created, listed or cancelled. @internal */
export const shortFineTuneSchema: object = object(shortForm, shortRequired)

/** `FinetuneResponse`: of a job that is retrieved. @internal */
export const fineTuneSchema: object = object(
  { ...wholeForm, id: { type: 'string', pattern: uuid } },
  wholeRequired,
)

/** The same for an id that the client made up, which no form is asked of. @internal */
export const madeUpFineTuneSchema: object = object({ ...wholeForm, id: text }, wholeRequired)

/** @internal */
export const fineTuneListSchema: object = object({ data: listOf(shortFineTuneSchema) }, ['data'])

/** @internal */
export const fineTuneEventsSchema: object = object({ data: listOf(event) }, ['data'])

/** @internal */
export const fineTuneCheckpointsSchema: object = object(
  {
    data: listOf(
      object(
        {
          step: whole,
          created_at: time,
          path: text,
          checkpoint_type: text,
          checkpoint: { enum: ['model', 'adapter'] },
        },
        ['step', 'path', 'created_at', 'checkpoint_type'],
      ),
    ),
  },
  ['data'],
)

/** @internal */
export const fineTuneMetricsSchema: object = object(
  { metrics: listOf({ type: 'object', additionalProperties: number }) },
  ['metrics'],
)

/** @internal */
export const fineTuneDeletedSchema: object = object({ message: text }, ['message'])

/** @internal */
export const priceEstimateSchema: object = object(
  {
    estimation_available: { enum: [true] },
    estimated_total_price: number,
    allowed_to_proceed: flag,
    user_limit: number,
    estimated_train_token_count: number,
    estimated_eval_token_count: number,
  },
  ['estimation_available'],
)

const previewRow = object(
  {
    input_ids: listOf(whole),
    labels: listOf(whole),
    tokens: listOf(text),
    num_tokens: whole,
    num_trained_tokens: whole,
    trained_spans: listOf({ type: 'array', items: whole, minItems: 2, maxItems: 2 }),
    truncated: flag,
  },
  [
    'input_ids',
    'labels',
    'tokens',
    'num_tokens',
    'num_trained_tokens',
    'trained_spans',
    'truncated',
  ],
)

/** @internal */
export const previewSchema: object = object(
  {
    dataset_format: { enum: ['general', 'conversation', 'instruction'] },
    max_seq_length: whole,
    model: text,
    rows: listOf(previewRow),
    train_on_inputs: flag,
  },
  ['dataset_format', 'max_seq_length', 'model', 'rows', 'train_on_inputs'],
)

/** @internal */
export const supportedModelsSchema: object = object({ models: listOf(text) }, ['models'])

const fullLimits = { max_batch_size: whole, max_batch_size_dpo: whole, min_batch_size: whole }
const loraLimits = { ...fullLimits, max_rank: whole, target_modules: listOf(text) }
const limits = {
  model_name: text,
  lora_training: object(loraLimits, Object.keys(loraLimits)),
  default_gradient_accumulation_steps: whole,
  max_num_epochs: whole,
  max_num_checkpoints: whole,
  max_num_evals: whole,
  max_learning_rate: number,
  min_learning_rate: number,
  max_seq_length_sft: whole,
  max_seq_length_dpo: whole,
  min_max_seq_length: whole,
  merge_output_lora: flag,
  supports_full_training: flag,
  supports_reasoning: flag,
  supports_tools: flag,
  supports_vision: flag,
}

/** @internal */
export const modelLimitsSchema: object = object(
  { ...limits, full_training: object(fullLimits, Object.keys(fullLimits)) },
  Object.keys(limits),
)

/** The 404 of a model's limits, the only bare one. @internal */
export const bareErrorSchema: object = {
  ...object({ message: text }, ['message']),
  additionalProperties: false,
}

/** @internal */
export const tokenizedDatasetSchema: object = object(
  { url: text, filename: text, content_type: text, size: whole, expires_at: time },
  ['url', 'filename', 'content_type', 'size', 'expires_at'],
)
