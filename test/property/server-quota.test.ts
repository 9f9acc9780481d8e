/**
 * Each way to count against a model that is too slow to be wrong, and the answers' headers against the truth.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enforcements } from '../helpers/quota-arbitraries.ts'
import { refusingLimits, type OracleRequest } from '../helpers/quota-oracle.ts'
import { MockTogether, type ServerProfile } from '../../src/server/handler.ts'
import { chat, embedding } from '../unit/server/mock-request.ts'

type Kind = 'chat' | 'embeddings'

const requests = { chat: chat(), embeddings: embedding() }
// A quarter of a millisecond is exact in floating point: the model may compare with equality.
const gaps = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((quarters) => quarters / 4) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }) },
)
const arrivals = fc.array(
  fc.record({ gapMs: gaps, kind: fc.constantFrom<Kind>('chat', 'embeddings') }),
  { maxLength: 120 },
)
const limits = fc.record({
  chatMax: fc.integer({ min: 1, max: 8 }),
  embeddingsMax: fc.integer({ min: 1, max: 8 }),
  sharedMax: fc.integer({ min: 1, max: 8 }),
  chatWindowMs: fc.integer({ min: 1, max: 120 }),
  embeddingsWindowMs: fc.integer({ min: 1, max: 120 }),
  sharedWindowMs: fc.integer({ min: 1, max: 120 }),
})
type Limits = typeof limits extends fc.Arbitrary<infer T> ? T : never

function toProfile(drawn: Limits): ServerProfile {
  const { chatMax, embeddingsMax, sharedMax } = drawn
  return {
    name: 'drawn',
    rateLimits: [
      { id: 'chat', endpoints: ['chat'], requestsMax: chatMax, windowMs: drawn.chatWindowMs },
      {
        id: 'embeddings',
        endpoints: ['embeddings'],
        requestsMax: embeddingsMax,
        windowMs: drawn.embeddingsWindowMs,
      },
      {
        id: 'shared',
        endpoints: ['chat', 'embeddings'],
        requestsMax: sharedMax,
        windowMs: drawn.sharedWindowMs,
      },
    ],
    concurrencyLimits: [],
  }
}

const scenarios = fc.record({
  arrivals,
  profile: limits.map(toProfile),
  enforcement: enforcements,
  countsRefused: fc.boolean(),
})

type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never

/** Instants and phases of any fraction: for what must hold in floating point too. */
const fractionalScenarios: fc.Arbitrary<Scenario> = fc
  .tuple(scenarios, fc.double({ min: 0.001, max: 3, noNaN: true }))
  .map(([scenario, factor]) => ({
    ...scenario,
    arrivals: scenario.arrivals.map(({ gapMs, kind }) => ({ gapMs: gapMs * factor, kind })),
    enforcement:
      'phaseMs' in scenario.enforcement
        ? { ...scenario.enforcement, phaseMs: scenario.enforcement.phaseMs * factor }
        : scenario.enforcement,
  }))

/** What happened so far, as the model keeps it: every request, and whether it was counted. */
interface Counted {
  readonly atMs: number
  readonly kind: Kind
}

/** The limits that refuse one more request, by the oracle's word. */
function refusingNow(
  { profile, enforcement }: Scenario,
  history: readonly Counted[],
  { kind, nowMs }: Step,
): readonly string[] {
  const toRequest = ({ atMs, kind: endpoint }: Counted): OracleRequest => ({
    atMs,
    endpoint,
    key: 'key',
    model: '',
    promptTokens: 0,
    completionTokens: 0,
  })
  const events = history.map((counted) => ({
    ...toRequest(counted),
    replica: 0,
    isCounted: true,
    isAdmitted: true,
    endMs: counted.atMs,
    usedTokens: 0,
  }))
  const request = toRequest({ atMs: nowMs, kind })
  return refusingLimits({ ...profile, enforcement }, events, request, 0).map(({ id }) => id)
}

/** Replays a scenario, handing each request and its answer to `check` together with what was counted before it. */
function replay({ arrivals: plan, ...options }: Scenario, check: (step: Step) => void): void {
  const mock = new MockTogether(options)
  const history: Counted[] = []
  let nowMs = 0
  for (const { gapMs, kind } of plan) {
    nowMs += gapMs
    const before = [...history]
    const { status, headers } = mock.handle(requests[kind], nowMs)
    const entry = mock.journal().at(-1)
    if (entry?.counted === true) history.push({ atMs: nowMs, kind })
    check({ kind, nowMs, status, headers, before, after: history, refusedBy: entry?.refusedBy })
  }
}

interface Step {
  readonly kind: Kind
  readonly nowMs: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What was counted before this request, and what is now. */
  readonly before: readonly Counted[]
  readonly after: readonly Counted[]
  readonly refusedBy: string | undefined
}

describe('the quota of the mock server', () => {
  it('decides as a model that counts the whole history anew, whatever the enforcement', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        replay(scenario, (step) => {
          const { status, before, after, refusedBy } = step
          const refusing = refusingNow(scenario, before, step)
          expect(status).toBe(refusing.length === 0 ? 200 : 429)
          if (status === 429) expect(refusing).toContain(refusedBy)
          // All or none: with no refusals counted, a refused request leaves every limit as it was.
          const isCounted = status === 200 || scenario.countsRefused
          expect(after.length - before.length).toBe(isCounted ? 1 : 0)
        })
      }),
      { numRuns: 400 },
    )
  })

  it('tells how many more pass: exactly as many do', () => {
    fc.assert(
      fc.property(scenarios, fc.nat(), (scenario, pick) => {
        const step = pickStep(scenario, pick)
        if (step === undefined) return
        const mock = replayUntil(scenario, step.index)
        const remaining = Number(step.headers['x-ratelimit-remaining'])
        const request = requests[step.kind]
        for (let count = 0; count < remaining; count += 1) {
          expect(mock.handle(request, step.nowMs).status).toBe(200)
        }
        expect(mock.handle(request, step.nowMs).status).toBe(429)
      }),
      { numRuns: 400 },
    )
  })

  it('tells a wait after which the request passes, if nothing else comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(scenarios, fractionalScenarios),
        fc.nat(),
        fc.constantFrom('x-ratelimit-reset', 'retry-after'),
        (scenario, pick, name) => {
          const step = pickStep(scenario, pick, 429)
          if (step === undefined) return
          const mock = replayUntil(scenario, step.index)
          const waitMs = Number(step.headers[name]) * 1_000
          expect(waitMs).toBeGreaterThan(0)
          expect(mock.handle(requests[step.kind], step.nowMs + waitMs).status).toBe(200)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('tells no wait that is a millisecond too long', () => {
    fc.assert(
      fc.property(scenarios, fc.nat(), (scenario, pick) => {
        const step = pickStep(scenario, pick, 429)
        if (step === undefined) return
        const mock = replayUntil(scenario, step.index)
        const waitMs = Number(step.headers['x-ratelimit-reset']) * 1_000
        expect(mock.handle(requests[step.kind], step.nowMs + waitMs - 1.001).status).toBe(429)
      }),
      { numRuns: 400 },
    )
  })
})

/** One of the steps of a scenario, by a number that shrinks towards the first. */
function pickStep(
  scenario: Scenario,
  pick: number,
  wanted?: number,
): (Step & { readonly index: number }) | undefined {
  const steps: (Step & { readonly index: number })[] = []
  let index = 0
  replay(scenario, (step) => {
    if (wanted === undefined || step.status === wanted) steps.push({ ...step, index })
    index += 1
  })
  return steps[pick % steps.length]
}

/** A server that has seen the scenario up to and including the given step. */
function replayUntil(scenario: Scenario, index: number): MockTogether {
  const { arrivals: plan, ...options } = scenario
  const mock = new MockTogether(options)
  let nowMs = 0
  for (const { gapMs, kind } of plan.slice(0, index + 1)) {
    nowMs += gapMs
    mock.handle(requests[kind], nowMs)
  }
  return mock
}
