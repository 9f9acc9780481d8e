/**
 * What errors say, where that takes more than a line.
 */

/** Why a fine-tune did not come to its good end, or nobody knows whether it will. @public */
export type FineTuneReason =
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'missing'
  | 'not-followed'
  | 'not-cancelled'

const fineTuneTexts: Readonly<Record<FineTuneReason, string>> = {
  refused: 'the server refuses the job; serverMessage says why',
  failed: 'it ended with an error; serverMessage says which',
  cancelled: 'somebody else cancelled it',
  missing: 'there is no such job, or no longer',
  'not-followed': 'it may still run, and nobody looks at it any more; follow it by its id',
  'not-cancelled': 'it could not be cancelled and may still run; cancel it by its id',
}

const lostText = 'it may have been started, and the answer is lost; GET /v1/fine-tunes shows it'

/** @internal */
export function describeFineTune(details: {
  readonly reason: FineTuneReason
  readonly jobId?: string | undefined
  readonly status?: number | undefined
  readonly nearestModels?: readonly string[] | undefined
}): string {
  const { reason, jobId, status, nearestModels = [] } = details
  const name = jobId === undefined ? 'fine-tune' : `fine-tune ${jobId}`
  const isLost = jobId === undefined && reason.startsWith('not-')
  const text = isLost ? lostText : fineTuneTexts[reason]
  const nearest =
    nearestModels.length === 0 ? '' : `; the nearest models are ${nearestModels.join(', ')}`
  const answer = status === undefined ? '' : ` (status ${status})`
  return `${name}: ${text}${nearest}${answer}`
}

/** The value with its type, short, for an option's error. @internal */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(value.slice(0, 80))}`
    case 'number':
    case 'bigint':
    case 'boolean':
      return `the ${typeof value} ${value}`
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object'
    case 'undefined':
      return 'undefined'
    default:
      return `a ${typeof value}`
  }
}
