/**
 * What is told of calls through the fetch, whatever the server, the network and the caller do: it holds no secret, it adds
 * up with the counters and with what was sent, and it comes in an order that makes sense.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GrantedEvent, LeftEvent, QueuedEvent, RateLimitEvent } from '../../src/core/events.ts'
import { tierProfile } from '../../src/core/tier-profiles.ts'
import type { LimiterOptions, LimiterSnapshot } from '../../src/limiter/index.ts'
import { EventLog, subscribeToAll } from '../helpers/event-log.ts'
import { createFetchWorld, settle, watch, type FetchStep } from '../helpers/fetch-world.ts'

/** In every place where a key, a prompt or a body can stand. */
const secret = 'SeCrEt'

const limits: Record<string, LimiterOptions> = {
  documented: {},
  tokens: { profile: tierProfile('tier-1'), tokensDefault: 200 },
  narrow: { maxPerMinute: 6, queueLengthMax: 2, pauseMsMax: 3_000 },
  single: { concurrencyMax: 1, pacing: 'burst' },
}

const paths = ['/chat/completions', '/embeddings', '/images/generations', '/fine-tunes', '/models']

interface DrawnCall {
  readonly path: string
  readonly isAborted: boolean
}

interface Drawn {
  readonly limits: string
  readonly calls: readonly DrawnCall[]
  readonly statuses: readonly (number | undefined)[]
  readonly hintMs: number | undefined
  readonly throws: boolean
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  limits: fc.constantFrom(...Object.keys(limits)),
  calls: fc.array(
    fc.record({
      path: fc.constantFrom(...paths),
      isAborted: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  statuses: fc.array(fc.constantFrom(200, 200, 400, 401, 409, 429, 500, 503, undefined), {
    minLength: 1,
    maxLength: 8,
  }),
  hintMs: fc.constantFrom(undefined, 700, 5_000, 130_000),
  throws: fc.boolean(),
})

/** An answer that says the secret wherever it can. */
function stepOf(status: number | undefined, hintMs: number | undefined): FetchStep {
  return () => {
    if (status === undefined) {
      const cause = Object.assign(new Error(secret), { code: 'ECONNRESET' })
      return new TypeError(`fetch failed: ${secret}`, { cause })
    }
    const headers = new Headers({ 'x-request-id': secret, 'set-cookie': secret })
    if (hintMs !== undefined && status >= 400) headers.set('retry-after-ms', `${hintMs}`)
    const error = { message: secret, type: secret, code: secret, param: secret }
    const body = { error, choices: [{ message: { content: secret } }], id: secret }
    return new Response(JSON.stringify(body), { status, headers, statusText: secret })
  }
}

interface Told {
  readonly events: RateLimitEvent[]
  readonly heard: RateLimitEvent[]
  readonly sent: number
  readonly snapshots: LimiterSnapshot[]
}

async function run({ calls, statuses, hintMs, throws, ...rest }: Drawn): Promise<Told> {
  const log = new EventLog()
  const heard: RateLimitEvent[] = []
  const end = subscribeToAll((event) => heard.push(event))
  const script = statuses.map((status) => stepOf(status, hintMs))
  const world = createFetchWorld(script, {
    limits: { ...limits[rest.limits], onEvent: log.onEvent },
    finalFailure: throws ? 'throw' : 'respond',
  })
  const controller = new AbortController()
  const running = calls.map(({ path, isAborted }) => {
    const url = `https://api.together.xyz/v1${path}?key=${secret}`
    const headers = { authorization: `Bearer ${secret}`, cookie: secret, 'x-api-key': secret }
    const body = JSON.stringify({ model: 'a/model', messages: [{ content: secret }], user: secret })
    const init = path === '/models' ? { headers } : { method: 'POST', headers, body }
    return watch(world.fetch(url, { ...init, signal: isAborted ? controller.signal : null }))
  })
  await settle()
  const snapshots = [world.limiter.snapshot({ model: 'a/model' })]
  await world.clock.run(900)
  controller.abort(new Error(secret))
  for (let turn = 0; turn < 60; turn += 1) {
    await settle()
    await world.clock.run(5_000)
  }
  expect(running.filter(({ isSettled }) => !isSettled)).toEqual([])
  for (const { value } of running) await value?.text().catch(() => undefined)
  world.limiter.close()
  snapshots.push(world.limiter.snapshot({ model: 'a/model' }))
  end()
  return { events: log.events, heard, sent: world.sent.length, snapshots }
}

describe('what is told', () => {
  it('holds no key, no prompt, no body and no text of an error', async () => {
    const types = new Set<string>()
    const property = fc.asyncProperty(drawn, async (one) => {
      const { events, heard, snapshots } = await run(one)
      expect(heard).toEqual(events)
      expect(JSON.stringify({ events, snapshots })).not.toContain(secret)
      for (const event of events) types.add(event.type)
      const values = events.flatMap((event) => Object.values(event))
      // Names, numbers, claims; nothing that could carry more.
      expect(values.filter((value) => typeof value === 'object')).toEqual([])
    })
    await fc.assert(property, { numRuns: 200 })
    expect(types.size).toBe(8)
  })

  it('adds up with the counters and with what was sent', async () => {
    const property = fc.asyncProperty(drawn, async (one) => {
      const { events, sent, snapshots } = await run(one)
      const { counters } = snapshots.at(-1) ?? expect.fail('no snapshot')
      const count = (matches: (event: RateLimitEvent) => boolean): number => {
        return events.filter(matches).length
      }
      const ofPart = (part: string): number => count((e) => e.type === 'settled' && e.part === part)
      const ofReason = (reason: string): number => {
        return count((e) => e.type === 'left' && e.reason === reason)
      }
      expect(counters).toMatchObject({
        attempts: sent,
        granted: count(({ type }) => type === 'granted'),
        settled: ofPart('headers'),
        abandoned: ofPart('abandoned'),
        paused: count(({ type }) => type === 'paused'),
        limited: count(({ type }) => type === 'limited'),
        retried: count(({ type }) => type === 'retried'),
        gaveUp: count(({ type }) => type === 'gaveUp'),
        aborted: ofReason('aborted'),
        expired: ofReason('deadline'),
        refused: ofReason('queue-full'),
        turnedAway: ofReason('paused'),
      })
      const reserved = events.map((event) => (event.type === 'granted' ? event.tokensReserved : 0))
      expect(counters.tokensReserved).toBe(reserved.reduce((sum, tokens) => sum + tokens, 0))
    })
    await fc.assert(property, { numRuns: 200 })
  })

  it('comes in order: time does not go back, and who is queued is granted later, or leaves', async () => {
    let waits = 0
    const property = fc.asyncProperty(drawn, async (one) => {
      const { events } = await run(one)
      const atMs = events.map((event) => event.atMs)
      expect(atMs).toEqual(atMs.toSorted((left, right) => left - right))
      const open = new Set<QueuedEvent>()
      const endedAtOnce: Ending[] = []
      for (const event of events) {
        if (event.type === 'queued') open.add(event)
        if (event.type !== 'granted' && event.type !== 'left') continue
        const queued = [...open].find((before) => isOfSameCall(before, event))
        if (event.waitMs === 0) endedAtOnce.push(event)
        else open.delete(queued ?? expect.fail('it waited without having been queued'))
        waits = Math.max(waits, event.waitMs)
      }
      // Many of them never waited, but who was queued and did not wait is among them.
      for (const queued of open) {
        if (endedAtOnce.some((event) => isOfSameCall(queued, event))) open.delete(queued)
      }
      expect([...open]).toEqual([])
    })
    await fc.assert(property, { numRuns: 200 })
    expect(waits).toBeGreaterThan(1_000)
  })
})

type Ending = GrantedEvent | LeftEvent

function isOfSameCall(queued: QueuedEvent, event: Ending): boolean {
  const { endpoint, model, atMs } = queued
  const cameAtMs = event.atMs - event.waitMs
  return endpoint === event.endpoint && model === event.model && Math.abs(cameAtMs - atMs) < 1e-6
}
