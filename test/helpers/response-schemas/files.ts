/**
 * What Together's API description asks of the answers of files and batches.
 *
 * Written out from the published description: required fields, types and enumerations. Fields that it does not list are
 * allowed, as they are there.
 */

const text = { type: 'string' } as const
const whole = { type: 'integer' } as const

/** @internal */
export const fileSchema: object = {
  type: 'object',
  properties: {
    id: text,
    object: { enum: ['file'] },
    created_at: whole,
    filename: text,
    bytes: whole,
    purpose: { enum: ['fine-tune', 'eval', 'batch-api'] },
    Processed: { type: 'boolean' },
    FileType: { enum: ['csv', 'jsonl', 'parquet'] },
    // An earlier description asks for it.
    LineCount: whole,
    processing_status: {
      enum: ['PENDING', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'INVALID_FORMAT'],
    },
    validation_report: {
      type: 'object',
      properties: {
        valid: { type: 'boolean' },
        file_id: text,
        error: text,
        error_type: { enum: ['INVALID_FORMAT'] },
      },
      required: ['valid'],
    },
  },
  required: [
    'id',
    'object',
    'created_at',
    'filename',
    'bytes',
    'purpose',
    'FileType',
    'Processed',
    'LineCount',
  ],
}

/** @internal */
export const fileListSchema: object = {
  type: 'object',
  properties: { data: { type: 'array', items: fileSchema } },
  required: ['data'],
}

/** @internal */
export const fileDeletedSchema: object = {
  type: 'object',
  properties: { id: text, deleted: { type: 'boolean' } },
}

const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }
const instant = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
}

/** No field is required, and none may be null. @internal */
export const batchSchema: object = {
  type: 'object',
  properties: {
    id: uuid,
    user_id: text,
    input_file_id: text,
    file_size_bytes: whole,
    status: {
      enum: ['VALIDATING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED'],
    },
    job_deadline: instant,
    created_at: instant,
    endpoint: text,
    progress: { type: 'number', minimum: 0, maximum: 100 },
    model_id: text,
    output_file_id: text,
    error_file_id: text,
    error: text,
    completed_at: instant,
  },
}

/** @internal */
export const createdBatchSchema: object = {
  type: 'object',
  properties: { job: batchSchema, warning: text },
}

/** @internal */
export const batchListSchema: object = { type: 'array', items: batchSchema }

/** `BatchErrorResponse`: the body of errors of batches. @internal */
export const batchErrorSchema: object = {
  type: 'object',
  properties: { error: text },
  required: ['error'],
}
