/** Each peer is set as it is said to be: what it grants when, alone under virtual time, and what its retry sends. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadSubject } from '../../../../sim/subjects/load.ts'
import { peers } from '../../../../sim/subjects/peers.ts'
import type { SubjectLimiter } from '../../../../sim/subjects/types.ts'
import { LightResponse, networkError } from '../../../../sim/world/light-response.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'

// Before any of the packages is loaded, as the simulator does it.
const time = installVirtualTime(1)

const limit = 3
const paced = [0, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000]
const inBursts = [0, 0, 0, 60_000, 60_000, 60_000, 120_000]
const pacedAfterBurst = [0, 0, 0, 60_000, 80_000, 100_000, 120_000]
/** Of seven calls at once, three being allowed a minute: when each is granted, and the lateness that is the package's own. */
const grantsMs: Record<string, { atMs: readonly number[]; lateMsMax: number }> = {
  'p-queue': { atMs: inBursts, lateMsMax: 0 },
  'p-queue-strict': { atMs: inBursts, lateMsMax: 0 },
  'p-throttle': { atMs: inBursts, lateMsMax: 0 },
  'p-throttle-strict': { atMs: pacedAfterBurst, lateMsMax: 0 },
  bottleneck: { atMs: inBursts, lateMsMax: 250 },
  'bottleneck-min-time': { atMs: paced, lateMsMax: 10 },
  limiter: { atMs: inBursts, lateMsMax: 0 },
  'async-sema': { atMs: inBursts, lateMsMax: 0 },
  'async-sema-uniform': { atMs: paced, lateMsMax: 0 },
  'rate-limiter-flexible': { atMs: inBursts, lateMsMax: 0 },
  'p-ratelimit': { atMs: inBursts, lateMsMax: 200 },
}
const limiters = peers.filter(({ part }) => part === 'limiter')
const retries = peers.filter(({ part }) => part === 'retry')

describe('the peers', () => {
  it('are the files of their folder', () => {
    const folder = new URL('../../../../sim/subjects/peers/', import.meta.url)
    const shared = ['sdk-options.ts', 'send-one.ts']
    const files = readdirSync(folder).filter((file) => !shared.includes(file))
    expect(files.toSorted()).toEqual(peers.map(({ name }) => `${name}.ts`).toSorted())
    expect(Object.keys(grantsMs)).toEqual(limiters.map(({ name }) => name))
  })
})

describe('a limiter', () => {
  it.each(limiters)('$name grants three calls a minute: $setup', async ({ name }) => {
    time.reset(1)
    const subject = await loadSubject(name)
    expect(subject).toMatchObject({ name, shippedLimiter: false, shippedRetry: true })
    const limiter = subject.createLimiter({ maxPerMinute: limit, arrivalBoundMs: 5_000 })
    const seen = await grantsOf(limiter, paced.length)
    const { atMs = [], lateMsMax = 0 } = grantsMs[name] ?? {}
    expect(seen).toHaveLength(atMs.length)
    for (const [index, grantedAtMs] of seen.entries()) {
      expect(grantedAtMs).toBeGreaterThanOrEqual(atMs[index] ?? Number.NaN)
      expect(grantedAtMs).toBeLessThanOrEqual((atMs[index] ?? Number.NaN) + lateMsMax)
    }
  })
})

describe('a retry', () => {
  it.each(retries)('$name answers after a refusal and a lost connection', async ({ name }) => {
    const { ended, world } = await tryOut(name, [answer(503), lost, answer(200)], 4)
    expect(ended).toEqual({ value: { ok: 1 } })
    expect(world).toEqual({ acquired: 3, released: 3, sent: 3 })
  })

  it.each(retries)('$name gives up after as many retries as it is told', async ({ name }) => {
    const answers = Array.from({ length: 5 }, () => answer(429))
    // Not the clients' own default of two.
    const { ended, world } = await tryOut(name, answers, 3)
    expect(ended).toHaveProperty('error')
    expect(world).toEqual({ acquired: 4, released: 4, sent: 4 })
  })

  it.each(retries)('$name does not repeat what cannot be cured', async ({ name }) => {
    const { ended, world } = await tryOut(name, [answer(400), answer(200)], 4)
    expect(ended).toHaveProperty('error')
    expect(world.sent).toBe(1)
  })

  it.each([
    ['p-retry', false],
    ['together-ai', true],
    ['openai', true],
  ])('%s follows Retry-After: %s', async (name, follows) => {
    const { tookMs } = await tryOut(name, [answer(429, { 'retry-after': '40' }), answer(200)], 4)
    expect(tookMs >= 40_000).toBe(follows)
  })
})

/** When each of so many calls, made at once, is granted. */
async function grantsOf(limiter: SubjectLimiter, count: number): Promise<number[]> {
  const seen: number[] = []
  for (let index = 0; index < count; index += 1) {
    void limiter.acquire().then(() => seen.push(time.now()))
  }
  await time.drain()
  while (seen.length < count && time.now() < 300_000) await time.step()
  return seen
}

type Send = () => Promise<Response>

interface TriedOut {
  ended: { value: unknown } | { error: unknown } | undefined
  tookMs: number
  world: { acquired: number; released: number; sent: number }
}

/** Lets a retry send through a limiter that grants at once. */
async function tryOut(name: string, answers: Send[], maxRetries: number): Promise<TriedOut> {
  time.reset(1)
  const { retry } = await loadSubject(name)
  const world = { acquired: 0, released: 0, sent: 0 }
  const limiter = {
    acquire: async () => {
      world.acquired += 1
      return { release: () => void (world.released += 1) }
    },
  }
  const send = (): Promise<Response> => {
    world.sent += 1
    return (answers[world.sent - 1] ?? lost)()
  }
  const tried: TriedOut = { ended: undefined, tookMs: 0, world }
  retry(limiter, send, maxRetries).then(
    (value) => (tried.ended = { value }),
    (error: unknown) => (tried.ended = { error }),
  )
  await time.drain()
  while (tried.ended === undefined && time.pendingTimers() > 0) await time.step()
  return { ...tried, tookMs: time.now() }
}

function answer(status: number, headers: Record<string, string> = {}): Send {
  return async () =>
    new LightResponse({
      status,
      headers: { 'content-type': 'application/json', ...headers },
      text: '{"ok":1}',
      whole: true,
      arrived: Promise.resolve(),
      events: { onDone: () => undefined },
    }) as unknown as Response
}

function lost(): Promise<Response> {
  return Promise.reject(networkError('fetch failed', 'read ECONNRESET', 'ECONNRESET'))
}
