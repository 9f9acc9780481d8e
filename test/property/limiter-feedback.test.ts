import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Profile } from '../../src/core/profile.ts'
import { TogetherRateLimiter, type Permit } from '../../src/limiter/index.ts'
import type { Enforcement } from '../../src/server/handler.ts'
import { runTenantWorld } from '../helpers/tenant-world.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const windowMs = 60_000

function profileOf(requestsMax: number): Profile {
  return {
    name: 'feedback',
    rateLimits: [
      { id: 'chat', endpoints: ['chat'], requestsMax, windowMs },
      { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 7, windowMs },
      { id: 'shared', endpoints: ['chat', 'embeddings'], requestsMax, windowMs },
      { id: 'tokens', endpoints: ['chat'], tokensMax: 100, windowMs },
    ],
    concurrencyLimits: [],
  }
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 22 }).map(String) },
  fc.integer({ min: 0, max: 110 }).map(String),
  fc.constantFrom(
    '-1',
    'NaN',
    '',
    '0',
    '1e9',
    '99999999999999999999',
    '10.5',
    'ten',
    '10, 10;w=60',
  ),
)
const names = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-tokenlimit-limit',
  'x-tokenlimit-remaining',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-limit-req-minute',
  'x-ratelimit-remaining-req-minute',
] as const
const fields = fc
  .record({ limit: value, rest: value, window: fc.constantFrom('60', '1', '3600') })
  .map(({ limit, rest, window }): Record<string, string> => {
    return { 'ratelimit-policy': `"q";q=${limit};w=${window}`, ratelimit: `"q";r=${rest};t=9` }
  })
const anyHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 }),
  fields,
)

/** Stands for headers that name the very limit. */
const exact = 'exact'
const exactHeaders: fc.Arbitrary<Record<string, string>> = fc
  .integer({ min: 0, max: 5 })
  .map((rest) => ({ [exact]: String(rest) }))

function togethers(limit: number, rest: string): Record<string, string> {
  return { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': rest }
}

type Command =
  | { do: 'call'; endpoint: 'chat' | 'embeddings'; cost: number; tokens: number }
  | { do: 'wait'; ms: number }
  | { do: 'answer'; pick: number; headers: Record<string, string>; used: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      endpoint: fc.constantFrom('chat' as const, 'chat' as const, 'embeddings' as const),
      cost: fc.integer({ min: 1, max: 3 }),
      tokens: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      pick: fc.nat(20),
      headers: anyHeaders,
      used: fc.integer({ min: 0, max: 40 }),
    }),
  },
  fc.record({
    do: fc.constant('wait' as const),
    ms: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 70_000 })),
  }),
)

function end(permit: Permit | undefined, used: number, headers: Record<string, string>): void {
  permit?.observe({ get: (name) => headers[name] ?? null })
  permit?.settleTokens(used)
  permit?.release()
}

describe('what a limiter makes of rate headers', () => {
  it('never loosens: whatever the headers, what is granted with them would be granted without', () => {
    const limits = { min: 4, max: 20 }
    const runs = fc.property(
      fc.integer(limits),
      fc.constantFrom('even' as const, 'burst' as const),
      fc.array(command, { maxLength: 120 }),
      (requestsMax, pacing, commands) => {
        const clock = new VirtualClock()
        const options = { profile: profileOf(requestsMax), pacing, clock, burstMax: 5 }
        const tight = new TogetherRateLimiter(options)
        const loose = new TogetherRateLimiter({ ...options, rateHeaders: 'ignore' })
        const open: [Permit, Permit][] = []
        const refused: { endpoint: string; cost: number; tokens: number; untilMs: number }[] = []
        for (const each of commands) {
          if (each.do === 'wait') clock.advance(each.ms)
          if (each.do === 'answer') {
            const [pair] = open.splice(each.pick % Math.max(1, open.length), 1)
            for (const permit of pair ?? []) end(permit, each.used, each.headers)
          }
          if (each.do !== 'call') continue
          const { do: _unused, ...request } = each
          const asked = tight.tryAcquire(request)
          if (!asked.granted) {
            refused.push({ ...request, untilMs: clock.now() + asked.retryAfterMs })
            continue
          }
          // What was said to be too early is not granted earlier, whatever is said meanwhile.
          const early = refused.filter(({ endpoint, cost, tokens, untilMs }) => {
            const isNoMore = endpoint === request.endpoint && cost <= request.cost
            return isNoMore && tokens <= request.tokens && untilMs > clock.now()
          })
          expect(early).toEqual([])
          const without = loose.tryAcquire(request)
          expect(without.granted).toBe(true)
          if (without.granted) open.push([asked.permit, without.permit])
        }
      },
    )
    fc.assert(runs, { numRuns: 300 })
  })

  it('never starves: whatever the headers, half of each limit is there in every window', () => {
    const runs = fc.property(
      fc.integer({ min: 4, max: 20 }),
      fc.array(fc.oneof(anyHeaders, exactHeaders), { minLength: 1, maxLength: 3 }),
      (requestsMax, said) => {
        const clock = new VirtualClock()
        const limiter = new TogetherRateLimiter({ profile: profileOf(requestsMax), clock })
        const least = Math.ceil(requestsMax / 2)
        for (let window = 0; window < 4; window += 1) {
          const untilMs = clock.now() + 1.1 * windowMs
          let granted = 0
          while (clock.now() < untilMs) {
            const asked = limiter.tryAcquire()
            if (asked.granted) {
              const { [exact]: rest, ...headers } = said[granted % said.length] ?? {}
              end(asked.permit, 0, rest === undefined ? headers : togethers(requestsMax, rest))
              granted += 1
            } else clock.advance(Math.min(asked.retryAfterMs, untilMs - clock.now()))
          }
          expect(granted).toBeGreaterThanOrEqual(least)
        }
      },
    )
    fc.assert(runs, { numRuns: 100 })
  })

  it('takes nothing of its own for that of others, whatever the server counts by and however long it works', () => {
    const runs = fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom('even' as const, 'burst' as const),
      fc.constantFrom('sliding-log', 'fixed-window', 'token-bucket'),
      fc.integer({ min: 0, max: 50_000 }),
      (seed, pacing, kind, workMs) => {
        const alone = runTenantWorld({
          seed,
          endMs: 4 * windowMs,
          limiter: { pacing, maxPerMinute: 60 },
          mock: { profile: serverProfile(60), enforcement: enforcementOf(kind) },
          serviceMs: { min: workMs / 20, max: workMs },
        })
        expect(alone).toMatchObject({ othersMax: 0, refused: 0 })
      },
    )
    fc.assert(runs, { numRuns: 40 })
  })
})

type Kind = 'sliding-log' | 'fixed-window' | 'token-bucket'

function enforcementOf(kind: Kind): Enforcement {
  return kind === 'fixed-window' ? { kind, phaseMs: 17_000 } : { kind }
}

function serverProfile(requestsMax: number): {
  name: string
  rateLimits: { id: string; endpoints: ['chat']; requestsMax: number; windowMs: number }[]
  concurrencyLimits: []
} {
  return {
    name: 'one',
    rateLimits: [{ id: 'chat', endpoints: ['chat'], requestsMax, windowMs }],
    concurrencyLimits: [],
  }
}

/** Twenty windows beside another client on the same key that asks for half of the quota. */
function beside(rateHeaders: 'tighten' | 'ignore', kind: Kind, seed: number): number {
  return runTenantWorld({
    seed,
    endMs: 20 * windowMs,
    limiter: { rateHeaders },
    mock: { enforcement: enforcementOf(kind) },
    tenant: { fromMs: 0, toMs: Infinity, everyMs: 200 },
  }).refused
}

describe('beside another client that asks for half of the quota', () => {
  it.each(['sliding-log', 'fixed-window', 'token-bucket'] as const)(
    'a %s refuses less than half as much as without feedback',
    (kind) => {
      for (const seed of [1, 2, 3]) {
        const without = beside('ignore', kind, seed)
        const withFeedback = beside('tighten', kind, seed)
        expect(without).toBeGreaterThan(20)
        expect(withFeedback).toBeLessThan(without / 2)
      }
    },
  )

  it('all of the quota is used again, two windows after the other has gone', () => {
    const { answeredAtMs } = runTenantWorld({
      seed: 4,
      endMs: 8 * windowMs,
      mock: { enforcement: { kind: 'sliding-log' } },
      tenant: { fromMs: 0, toMs: 5 * windowMs, everyMs: 200 },
    })
    const late = answeredAtMs.filter((atMs) => atMs >= 7 * windowMs)
    expect(late.length).toBeGreaterThan(0.97 * 600)
  })
})
