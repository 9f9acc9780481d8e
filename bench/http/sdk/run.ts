/**
 * Many calls of one client at once, under limits and faults, and what the mock's journal says of them.
 *
 * Each call has a number, which the client sends as a header; beneath everything that may retry it goes on the address,
 * where the journal shows it.
 */
import { performance } from 'node:perf_hooks'
import { rateLimited, TogetherRateLimiter } from '../../../src/index.ts'
import { createMockTogether, type JournalEntry } from '../../../src/server/index.ts'
import type { SdkClient, Way } from './clients.ts'
import { clientBounds, clientProfile, faults, minuteMs, shortServerProfile } from './limits.ts'

/** @internal */
export interface SdkRunPlan {
  readonly client: SdkClient
  readonly way: Way
  readonly calls: number
  /** Of the faults. */
  readonly seed: number
}

/** What came of it. @internal */
export interface SdkRun {
  readonly client: string
  readonly way: Way
  readonly calls: number
  readonly answered: number
  /** Why calls failed, and how many did so. */
  readonly reasons: Readonly<Record<string, number>>
  /** Calls of the fetch that the client was given: more than `calls` where it retries by itself. */
  readonly fetches: number
  /** Requests that reached the server. */
  readonly requests: number
  /** Requests of the call that has most. */
  readonly requestsPerCallMax: number
  /** Requests that follow one of the same call which was answered well and delivered. */
  readonly needless: number
  /** Requests that met an injected fault. */
  readonly faulty: number
  /** Refusals that were not injected: a limit was exceeded. */
  readonly refused: number
  /** Milliseconds. */
  readonly tookMs: number
}

const callHeader = 'x-call'

/** Sends all calls at once and waits for all of them. @internal */
export async function runSdk({ client, way, calls, seed }: SdkRunPlan): Promise<SdkRun> {
  const mock = await createMockTogether({ profile: shortServerProfile(), faults, seed })
  try {
    const baseURL = `${mock.url}/v1`
    const limited = limit(baseURL, way === 'fetch' && client.needsThrow)
    const beneath = way === 'bare' ? numberedFetch : limited.fetch
    let fetches = 0
    const fetch: typeof globalThis.fetch = (...args) => {
      fetches += 1
      return beneath(...args)
    }
    const ask = client.connect({ baseURL, way, options: { ...limited, fetch } })
    const startMs = performance.now()
    const results = await Promise.allSettled(
      Array.from({ length: calls }, (_, call) => ask({ [callHeader]: String(call) })),
    )
    const tookMs = performance.now() - startMs
    const reasons = countReasons(results)
    const answered = results.filter(({ status }) => status === 'fulfilled').length
    const about = { client: client.name, way, calls, answered, reasons, fetches, tookMs }
    return { ...about, ...readJournal(mock.journal()) }
  } finally {
    await mock.close()
  }
}

/** Ours: waits are as much shorter than by default as the minute is. */
function limit(baseURL: string, throwsFailures: boolean): ReturnType<typeof rateLimited> {
  const limiter = new TogetherRateLimiter({ profile: clientProfile, ...clientBounds })
  const scale = minuteMs / 60_000
  return rateLimited({
    limiter,
    baseURL,
    fetch: numberedFetch,
    retry: { backoffBaseMs: 500 * scale, backoffMsMax: 20_000 * scale },
    finalFailure: throwsFailures ? 'throw' : 'respond',
  })
}

const numberedFetch: typeof globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  url.searchParams.set('call', new Headers(init?.headers).get(callHeader) ?? '')
  return globalThis.fetch(url, init)
}

type Judgement = Pick<SdkRun, 'requests' | 'requestsPerCallMax' | 'needless' | 'faulty' | 'refused'>

/** Pure: only the server knows what was sent how often. @internal */
export function readJournal(journal: readonly JournalEntry[]): Judgement {
  const requestsOf = new Map<string, number>()
  const delivered = new Set<string>()
  let [needless, faulty, refused] = [0, 0, 0]
  for (const { path, status, fault } of journal) {
    const call = new URL(path, 'http://mock').searchParams.get('call') ?? ''
    requestsOf.set(call, (requestsOf.get(call) ?? 0) + 1)
    if (delivered.has(call)) needless += 1
    if (fault !== undefined) faulty += 1
    else if (status === 200) delivered.add(call)
    else if (status === 429) refused += 1
  }
  const requestsPerCallMax = Math.max(0, ...requestsOf.values())
  return { requests: journal.length, requestsPerCallMax, needless, faulty, refused }
}

function countReasons(results: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const reasons: Record<string, number> = {}
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const reason = describe(result.reason)
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  return reasons
}

/** By what is the same for all that failed alike. The AI SDK keeps the last failure beside its own. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no error'
  if ('lastError' in error) return `${error.name}: ${describe(error.lastError)}`
  const status = 'statusCode' in error ? error.statusCode : Reflect.get(error, 'status')
  const name = error.name === 'Error' ? error.constructor.name : error.name
  return status === undefined ? `${name}: ${error.message}` : `${name} ${String(status)}`
}
