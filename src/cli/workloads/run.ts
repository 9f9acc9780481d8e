/**
 * `run`: a line with a request becomes a line with its answer, in the form of a batch's lines.
 */
import { iterateRequests, type RunOptions, type RunRequest } from '../../batch/index.ts'
import { isJsonObject, type JsonObject } from '../files/json-line.ts'
import type { InputItem } from '../input.ts'
import { failureLine, takeFrom, UnderWay, type ItemResult, type Workload } from './workload.ts'

/** @internal */
export interface RunWorkloadOptions {
  /** For requests that name none. */
  readonly model?: string | undefined
  readonly fallbackModels: readonly string[]
}

/** @internal */
export function runWorkload(options: RunWorkloadOptions): Workload {
  return {
    noun: 'requests',
    findFault: findFaultOfRequest,
    findFaultOfResult: findFaultOfAnswer,
    start: (items, context) => run(items, { ...options, runOptions: context.run }),
  }
}

/** What is wrong with a line that an earlier start wrote. @internal */
export function findFaultOfAnswer({ response }: JsonObject): string | undefined {
  return isJsonObject(response) ? undefined : 'holds no answer'
}

/** @internal */
export function answerLine(customId: string, response: unknown): object {
  return { custom_id: customId, response: { status_code: 200, body: response } }
}

/** What is wrong with a line that is to be sent. @internal */
export function findFaultOfRequest(line: JsonObject): string | undefined {
  const { body, url } = line
  if (!isJsonObject(body)) return 'has no body, an object'
  if (body['stream'] === true) return 'asks for a stream, which has no place in a file'
  if (url !== undefined && (typeof url !== 'string' || !url.startsWith('/'))) {
    return 'has a url that does not begin with a slash'
  }
  return undefined
}

async function* run(
  items: AsyncIterable<InputItem>,
  given: RunWorkloadOptions & { readonly runOptions: RunOptions },
): AsyncGenerator<ItemResult, readonly string[], undefined> {
  const { model, fallbackModels, runOptions } = given
  const underWay = new UnderWay()
  const requests = requestsOf(items, underWay, model)
  const outcomes = iterateRequests(requests, { ...runOptions, fallbackModels })
  for await (const { index, customId, response, failure } of outcomes) {
    const { ordinal } = takeFrom(underWay, index)
    const line =
      failure === undefined ? answerLine(customId, response) : failureLine(customId, failure)
    yield { ordinal, line }
  }
  return []
}

/** The requests of items, each noted as under way. @param model - For those that name none. @internal */
export async function* requestsOf(
  items: AsyncIterable<InputItem>,
  underWay: UnderWay,
  model: string | undefined,
): AsyncGenerator<RunRequest> {
  for await (const item of items) {
    underWay.add(item)
    yield toRequest(item, model)
  }
}

function toRequest(
  { customId, line }: Pick<InputItem, 'customId' | 'line'>,
  model: string | undefined,
): RunRequest {
  const { body, url } = line
  const own = isJsonObject(body) ? body : {}
  return {
    customId,
    // Files for batches elsewhere name the whole path.
    path: typeof url === 'string' ? url.replace(/^\/v1(?=\/)/, '') : undefined,
    body: own['model'] === undefined && model !== undefined ? { ...own, model } : own,
  }
}
