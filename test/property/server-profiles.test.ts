/**
 * Every profile and every way to count against an oracle that knows the whole history, and what the quota tells of
 * itself against what it then does.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  serverProfiles,
  type ServerEndpoint,
  type ServerProfile,
  type ServerRateLimit,
} from '../../src/server/handler.ts'
import { Quota, type QuotaVerdict } from '../../src/server/quota/quota.ts'
import { enforcements } from '../helpers/quota-arbitraries.ts'
import { refusingLimits, type OracleEvent, type OracleRequest } from '../helpers/quota-oracle.ts'

const endpoints = ['chat', 'embeddings', 'images'] as const
const models = ['a', 'b', 'deepseek-ai/DeepSeek-R1'] as const
const drawnLimits: fc.Arbitrary<Omit<ServerRateLimit, 'id'>> = fc
  .record(
    {
      endpoints: fc.subarray([...endpoints], { minLength: 1 }),
      max: fc.integer({ min: 1, max: 12 }),
      isInTokens: fc.boolean(),
      windowMs: fc.integer({ min: 1, max: 90 }),
      models: fc.subarray([...models]),
      exceptModels: fc.subarray([...models]),
      perModel: fc.boolean(),
      scope: fc.constantFrom<'key' | 'server'>('key', 'server'),
    },
    { requiredKeys: ['endpoints', 'max', 'isInTokens', 'windowMs'] },
  )
  .map(({ max, isInTokens, ...limit }) => ({
    ...limit,
    ...(isInTokens ? { tokensMax: 4 * max } : { requestsMax: max }),
  }))

const drawnProfiles: fc.Arbitrary<ServerProfile> = fc.record({
  name: fc.constant('drawn'),
  rateLimits: fc
    .array(drawnLimits, { minLength: 1, maxLength: 3 })
    .map((limits) => limits.map((limit, index) => ({ id: `limit-${index}`, ...limit }))),
  concurrencyLimits: fc.constant([]),
  enforcement: enforcements,
  countsRefused: fc.boolean(),
  tokenAccounting: fc.constantFrom<'reserved' | 'used'>('reserved', 'used'),
  replicas: fc.integer({ min: 1, max: 3 }),
})

/** The profiles that the mock ships, also counted in other ways than their own. */
const shippedProfiles: fc.Arbitrary<ServerProfile> = fc
  .tuple(
    fc.constantFrom(...serverProfiles.filter(({ rateLimits }) => rateLimits.length > 0)),
    fc.option(enforcements, { nil: undefined }),
    fc.constantFrom<'reserved' | 'used'>('reserved', 'used'),
  )
  .map(([profile, enforcement, tokenAccounting]) => ({
    ...profile,
    tokenAccounting,
    ...(enforcement === undefined ? {} : { enforcement }),
  }))

/** Rates that grow within a minute: the shipped ones take an hour to show. */
const dynamicProfiles: fc.Arbitrary<ServerProfile> = fc
  .record({
    base: fc.integer({ min: 1, max: 6 }),
    windowMs: fc.integer({ min: 500, max: 4_000 }),
    factor: fc.integer({ min: 1, max: 40 }),
    growth: fc.integer({ min: 1, max: 50 }),
    memoryMs: fc.constantFrom(60_000, 90_000),
    isInTokens: fc.boolean(),
    perModel: fc.boolean(),
  })
  .map(({ base, windowMs, factor, growth, memoryMs, isInTokens, perModel }) => ({
    name: 'drawn',
    rateLimits: [
      {
        id: 'dynamic',
        endpoints,
        perModel,
        windowMs,
        ...(isInTokens ? { tokensMax: 10 * base } : { requestsMax: base }),
        dynamic: { factor, cap: (isInTokens ? 10 : 1) * base * growth, memoryMs },
      },
    ],
    concurrencyLimits: [],
  }))

function arrivalsOf(gapMsMax: number, timesMax: number) {
  return fc.array(
    fc.record({
      // A quarter of a millisecond is exact in floating point: the oracle may compare with equality.
      gapMs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 4 * gapMsMax }).map((quarters) => quarters / 4),
      ),
      times: fc.integer({ min: 1, max: timesMax }),
      key: fc.constantFrom('one', 'two'),
      endpoint: fc.constantFrom<ServerEndpoint>(...endpoints),
      model: fc.constantFrom<string>(...models),
      promptTokens: fc.integer({ min: 0, max: 20 }),
      completionTokens: fc.integer({ min: 0, max: 40 }),
      durationMs: fc.integer({ min: 0, max: gapMsMax }),
    }),
    { maxLength: 40 },
  )
}

const drawn = fc.record({ profile: drawnProfiles, arrivals: arrivalsOf(30, 3) })
const dynamic = fc.record({ profile: dynamicProfiles, arrivals: arrivalsOf(30_000, 30) })
const shipped = fc.record({ profile: shippedProfiles, arrivals: arrivalsOf(20_000, 40) })
type Scenario = typeof drawn extends fc.Arbitrary<infer T> ? T : never

function createQuota(profile: ServerProfile): Quota {
  return new Quota({
    limits: profile.rateLimits,
    enforcement: profile.enforcement ?? { kind: 'fixed-window', phaseMs: 0 },
    countsRefused: profile.countsRefused ?? false,
    tokenAccounting: profile.tokenAccounting ?? 'reserved',
    replicas: profile.replicas ?? 1,
    seed: 1,
  })
}

interface Step {
  readonly request: OracleRequest
  readonly verdict: QuotaVerdict
  /** Everything before this request. */
  readonly history: readonly OracleEvent[]
}

/** Replays a scenario up to a number of requests, handing each verdict to `check`. */
function replay(
  { profile, arrivals }: Scenario,
  check: (step: Step) => void,
  requestsMax = Infinity,
): Quota {
  const quota = createQuota(profile)
  const history: OracleEvent[] = []
  let nowMs = 0
  let sent = 0
  for (const { gapMs, times, durationMs, ...rest } of arrivals) {
    nowMs += gapMs
    for (let time = 0; time < times && sent < requestsMax; time += 1) {
      sent += 1
      const request = { atMs: nowMs, ...rest }
      const verdict = quota.decide(request, nowMs, { estimate: request })
      if (verdict === undefined) continue
      check({ request, verdict, history })
      const endMs = nowMs + durationMs
      if (verdict.isAllowed) quota.succeed(verdict, { nowMs, endMs, used: request })
      history.push({
        ...request,
        replica: verdict.replica,
        isAdmitted: verdict.isAllowed,
        isCounted: verdict.isAllowed || profile.countsRefused === true,
        endMs,
        usedTokens: request.promptTokens + request.completionTokens,
      })
    }
  }
  return quota
}

function expectAsOracle(scenario: Scenario): void {
  replay(scenario, ({ request, verdict, history }) => {
    const refusing = refusingLimits(scenario.profile, history, request, verdict.replica)
    expect(verdict.isAllowed).toBe(refusing.length === 0)
    if (verdict.isAllowed) return
    const names = refusing.map(({ id }) => id)
    expect(names).toContain(verdict.limit.id)
    // A rate of the key's own is told before a capacity that has run out.
    const isCapacity = verdict.limit.scope === 'server'
    expect(isCapacity).toBe(refusing.every(({ scope }) => scope === 'server'))
  })
}

/** A step of a scenario, and a quota that has seen all of it up to and including that step. */
function stopAt(
  scenario: Scenario,
  pick: number,
  isWanted: (step: Step) => boolean,
): { step: Step; quota: Quota } | undefined {
  const found: { step: Step; index: number }[] = []
  let index = 0
  replay(scenario, (step) => {
    index += 1
    if (isWanted(step)) found.push({ step, index })
  })
  const chosen = found[pick % found.length]
  if (chosen === undefined) return undefined
  return { step: chosen.step, quota: replayCounted(scenario, chosen.index) }
}

/** Replays until so many verdicts were given. */
function replayCounted(scenario: Scenario, verdictsMax: number): Quota {
  let verdicts = 0
  let requests = 0
  const { arrivals } = scenario
  const all = arrivals.reduce((sum, { times }) => sum + times, 0)
  // Requests without a limit give no verdict: the number of requests to send is looked for.
  while (requests < all && verdicts < verdictsMax) {
    requests += 1
    verdicts = 0
    replay(scenario, () => (verdicts += 1), requests)
  }
  return replay(scenario, () => {}, requests)
}

describe('the quota', () => {
  it('decides as the oracle does, for drawn profiles', () => {
    fc.assert(fc.property(drawn, expectAsOracle), { numRuns: 600 })
  })

  it('decides as the oracle does, for the shipped profiles', () => {
    fc.assert(fc.property(shipped, expectAsOracle), { numRuns: 150 })
  })

  it('decides as the oracle does, for rates that follow their use', () => {
    fc.assert(fc.property(dynamic, expectAsOracle), { numRuns: 300 })
  })

  it('tells how many more requests pass: as many do, and the next does not', () => {
    fc.assert(
      fc.property(withOneReplica(drawn), fc.nat(), (scenario, pick) => {
        const found = stopAt(scenario, pick, ({ verdict }) => hasRequestLimitsOnly(verdict))
        if (found === undefined) return
        const { request, verdict } = found.step
        const { remaining = 0 } = verdict.requests ?? {}
        for (let count = 0; count < remaining; count += 1) {
          expect(found.quota.decide(request, request.atMs)?.isAllowed).toBe(true)
        }
        expect(found.quota.decide(request, request.atMs)?.isAllowed).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('tells how many tokens are left: so many pass, and one more does not', () => {
    fc.assert(
      fc.property(withOneReplica(drawn), fc.nat(), fc.boolean(), (scenario, pick, isOneMore) => {
        const found = stopAt(
          { ...scenario, profile: { ...scenario.profile, tokenAccounting: 'reserved' } },
          pick,
          ({ verdict }) => verdict.bounds.all.length === 1 && isTokenStateUseful(verdict),
        )
        if (found === undefined) return
        const { request, verdict } = found.step
        const { remaining = 0 } = verdict.tokens ?? {}
        const promptTokens = isOneMore ? remaining + 1 : remaining
        const estimate = { promptTokens, completionTokens: 0 }
        const again = found.quota.decide(request, request.atMs, { estimate })
        expect(again?.isAllowed).toBe(!isOneMore)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['drawn', withOneReplica(drawn), 300],
    ['dynamic', dynamic, 100],
    ['shipped', withOneReplica(shipped), 60],
  ] as const)(
    'tells a refused request when it passes, for %s profiles',
    (_name, source, numRuns) => {
      fc.assert(
        fc.property(source, fc.nat(), (scenario, pick) => {
          // Tokens that are counted when an answer ends may be counted meanwhile: nothing comes before, it says.
          const profile = { ...scenario.profile, tokenAccounting: 'reserved' as const }
          const found = stopAt({ ...scenario, profile }, pick, ({ verdict }) => !verdict.isAllowed)
          if (found === undefined) return
          const { request, verdict } = found.step
          expect(verdict.allowAtMs).toBeGreaterThan(request.atMs)
          // Instants are sums of fractions; what is told to clients is rounded up to a millisecond.
          const atMs = verdict.allowAtMs + 0.001
          expect(found.quota.decide(request, atMs, { estimate: request })?.isAllowed).toBe(true)
        }),
        { numRuns },
      )
    },
  )

  it('tells when everything is forgotten: the whole capacity is there again', () => {
    fc.assert(
      fc.property(withOneReplica(drawn), fc.nat(), (scenario, pick) => {
        const found = stopAt(scenario, pick, ({ verdict }) => verdict.bounds.all.length === 1)
        if (found === undefined) return
        const { request, verdict } = found.step
        const told = verdict.requests ?? verdict.tokens
        if (told === undefined || scenario.profile.tokenAccounting === 'used') return
        const later = found.quota.peek(request, told.resetAtMs + 0.001)
        const state = later?.requests ?? later?.tokens
        expect(state?.remaining).toBe(state?.capacity)
      }),
      { numRuns: 300 },
    )
  })
})

function withOneReplica(source: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> {
  return source.map(({ profile, arrivals }) => ({
    arrivals,
    profile: { ...profile, replicas: 1 },
  }))
}

function hasRequestLimitsOnly({ bounds }: QuotaVerdict): boolean {
  return bounds.all.every(
    ({ limit }) => limit.requestsMax !== undefined && limit.scope !== 'server',
  )
}

/** Where nothing is counted, one more than the capacity passes too: alone. */
function isTokenStateUseful({ tokens }: QuotaVerdict): boolean {
  return tokens !== undefined && tokens.remaining < tokens.capacity
}
