/**
 * `batch`: the lines of `run`, answered in batches: within a day, for half the price.
 */
import { iterateBatch, type BatchJournal, type BatchRunOptions } from '../../batch/index.ts'
import type { BatchSummary } from '../../batch/index.ts'
import type { Profile } from '../../core/profile.ts'
import type { JsonObject } from '../files/json-line.ts'
import { formatCount } from '../format.ts'
import type { InputItem } from '../input.ts'
import { answerLine, findFaultOfAnswer, findFaultOfRequest, requestsOf } from './run.ts'
import { failureLine, takeFrom, UnderWay, type ItemResult, type Workload } from './workload.ts'

/** @internal */
export interface BatchWorkloadOptions {
  /** For requests that name none. */
  readonly model?: string | undefined
  /** Says how large batches may be, and how many there may be at once. */
  readonly profile: Profile
  /** The shortest wait between two looks at a batch, in milliseconds; the longest is twice that. */
  readonly pollMsMin: number
}

const customIdLengthMax = 64

/** @internal */
export function batchWorkload(options: BatchWorkloadOptions): Workload {
  return {
    noun: 'requests',
    usesJournal: true,
    findFault,
    findFaultOfResult: findFaultOfAnswer,
    start: (items, { run, journal }) => {
      const { model, profile, pollMsMin } = options
      const times = { pollMsMin, pollMsMax: 2 * pollMsMin }
      return batch(items, model, { ...run, ...times, profile, journal })
    },
  }
}

function findFault(line: JsonObject): string | undefined {
  const { custom_id: customId, url } = line
  if (typeof customId === 'string' && customId.length > customIdLengthMax) {
    return `has a custom_id of more than ${customIdLengthMax} characters`
  }
  if (url !== undefined && url !== chatUrl) return `has another url than ${chatUrl}`
  return findFaultOfRequest(line)
}

const chatUrl = '/v1/chat/completions'

async function* batch(
  items: AsyncIterable<InputItem>,
  model: string | undefined,
  options: BatchRunOptions & { readonly journal: BatchJournal | undefined },
): AsyncGenerator<ItemResult, readonly string[], undefined> {
  const underWay = new UnderWay()
  const outcomes = iterateBatch(requestsOf(items, underWay, model), options)
  try {
    for (;;) {
      const { done, value } = await outcomes.next()
      if (done === true) return describe(value)
      const { index, customId, response, failure } = value
      const { ordinal } = takeFrom(underWay, index)
      const line =
        failure === undefined ? answerLine(customId, response) : failureLine(customId, failure)
      yield { ordinal, line }
    }
  } finally {
    await outcomes.return(nothing)
  }
}

/** Nobody reads it: the consumer has left, or the run has thrown. */
const nothing: BatchSummary = {
  batches: [],
  cost: {
    promptTokens: 0,
    completionTokens: 0,
    realTimeUsd: undefined,
    batchUsd: undefined,
    savedUsd: undefined,
  },
}

function describe({ batches, cost }: BatchSummary): readonly string[] {
  const { promptTokens, completionTokens, realTimeUsd, batchUsd } = cost
  const tokens = `${formatCount(promptTokens)} tokens in, ${formatCount(completionTokens)} out`
  const lines = [`${formatCount(batches.length)} batches in this start; ${tokens}`]
  if (batchUsd !== undefined && realTimeUsd !== undefined) {
    lines.push(`about $${batchUsd.toFixed(2)}; as calls it would be $${realTimeUsd.toFixed(2)}`)
  }
  return lines
}
