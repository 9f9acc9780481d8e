/**
 * Reads what the API says of files and batches. Pure.
 */

/** A batch as the API shows it. @internal */
export interface BatchState {
  readonly id: string
  /** In capitals. */
  readonly status: string
  readonly inputFileId: string | undefined
  readonly outputFileId: string | undefined
  readonly errorFileId: string | undefined
  readonly error: string | undefined
}

const endings: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED'])

/** Whether a batch is over. A status that nobody knows is one on the way. @internal */
export function isOver({ status }: BatchState): boolean {
  return endings.has(status)
}

/** @returns Undefined for what is not a batch, alone or as the `job` of an answer to its creation. @internal */
export function readBatch(text: string): BatchState | undefined {
  const answer = parse(text)
  return toBatch(fieldOf(answer, 'job') ?? answer)
}

/** @returns Undefined for what is no list, bare or as `data`. @internal */
export function readBatches(text: string): readonly BatchState[] | undefined {
  const answer = parse(text)
  const list = fieldOf(answer, 'data') ?? answer
  if (!Array.isArray(list)) return undefined
  return list.map(toBatch).filter((batch) => batch !== undefined)
}

/** @returns Undefined for what is no file. @internal */
export function readFileId(text: string): string | undefined {
  return textOf(parse(text), 'id')
}

function toBatch(value: unknown): BatchState | undefined {
  const id = textOf(value, 'id')
  if (id === undefined) return undefined
  // No field is promised; a batch that does not say what it does is on its way.
  const status = textOf(value, 'status')?.toUpperCase() ?? ''
  return {
    id,
    status: status === 'CANCELED' ? 'CANCELLED' : status,
    inputFileId: textOf(value, 'input_file_id'),
    outputFileId: textOf(value, 'output_file_id'),
    errorFileId: textOf(value, 'error_file_id'),
    error: textOf(value, 'error') ?? textOf(fieldOf(value, 'error'), 'message'),
  }
}

/** @returns Undefined for what is not JSON. @internal */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A field that is there and not null. @internal */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Reflect.get(value, name) ?? undefined
}

/** A field that is a text and not empty. @internal */
export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name)
  return typeof field === 'string' && field !== '' ? field : undefined
}
