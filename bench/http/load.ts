/**
 * Load on one server for a while, from this process.
 *
 * A closed loop: each connection sends its next request when it has its answer, so that what is measured is how many the
 * server can do. No rate is asked for: autocannon corrects latencies only where one is, and wrongly.
 */
import autocannon from 'autocannon'
import { requestHeaders, type BenchCase } from './cases.ts'

/** How a load is made: for a time, or for a number of requests. @internal */
export interface LoadPlan {
  readonly connections: number
  readonly seconds?: number
  readonly requests?: number
}

/** What a load came to. @internal */
export interface LoadResult {
  readonly answers: number
  readonly perSecond: number
}

/** Sends a request over and over. @throws {Error} Where one was not answered well. @internal */
export async function load(
  url: string,
  { path, body }: BenchCase,
  { connections, seconds, requests }: LoadPlan,
): Promise<LoadResult> {
  const result = await autocannon({
    url: url + path,
    method: 'POST',
    headers: requestHeaders,
    body,
    connections,
    ...(seconds === undefined ? {} : { duration: seconds }),
    ...(requests === undefined ? {} : { amount: requests }),
  })
  const { errors, timeouts, non2xx, duration, '2xx': answers } = result
  if (errors + timeouts + non2xx > 0 || answers === 0) {
    const problems = `${errors} errors, ${timeouts} timeouts, ${non2xx} refusals`
    throw new Error(`${path}: ${answers} answers, ${problems}`)
  }
  return { answers, perSecond: answers / duration }
}
