/**
 * What a server counts, written down as it happens and added up from the whole log: in requests that arrive some time
 * after their grant and answers that end some time after that, or that nobody tells the limiter of.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TokenAccounting } from '../../src/core/profile.ts'
import type { Permit } from '../../src/limiter/index.ts'
import { Fixture, profileOf } from '../helpers/limiter-fixture.ts'

const WINDOW_MS = 20_000
const ARRIVAL_MS = 3_000
const ANSWER_MS = 9_000
const TOKENS_MAX = 1_000

const calls = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(30_000)),
    tokens: fc.oneof(
      { weight: 6, arbitrary: fc.nat(400) },
      { weight: 2, arbitrary: fc.constantFrom(0, 1, 999, TOKENS_MAX) },
      { weight: 1, arbitrary: fc.integer({ min: TOKENS_MAX + 1, max: 3_000 }) },
    ),
    usedPerMille: fc.oneof(fc.constantFrom(0, 1_000), fc.nat(1_000)),
    // Extremes matter most: counted at once, or at the bound; told at once, or at the end of time.
    arrivalMs: fc.oneof(fc.constantFrom(0, ARRIVAL_MS), fc.nat(ARRIVAL_MS)),
    bodyPerMille: fc.oneof(fc.constantFrom(0, 1_000), fc.nat(1_000)),
    toldMs: fc.oneof(fc.constant(0), fc.nat(2_000)),
    isLate: fc.nat(9).map((draw) => draw === 0),
    end: fc.constantFrom('told', 'told', 'told', 'released', 'abandoned', 'cut', 'never'),
    endpoint: fc.constantFrom('chat' as const, 'chat' as const, 'embeddings' as const),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

const settings = fc.record({
  pacing: fc.constantFrom('even' as const, 'burst' as const),
  driftPpm: fc.integer({ min: -400, max: 400 }),
  phaseMs: fc.nat(WINDOW_MS),
})

type Call = (typeof calls extends fc.Arbitrary<infer T> ? T : never)[number]
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

/** Tokens that a server counted for one call. */
interface Entry {
  readonly atMs: number
  readonly tokens: number
  readonly isOversized: boolean
}

interface ServerLogs {
  /** Of a server that counts estimates when they arrive. */
  readonly reserved: Entry[]
  /** Of a server that counts what was used when the answer ends. */
  readonly used: Entry[]
}

/** Everything that happens to a call after its grant, by the client's clock. */
function timesOf(call: Call, grantedAtMs: number) {
  const arrivesAtMs = grantedAtMs + call.arrivalMs
  // A late one is counted anew when it ends, which is soon enough for a window more.
  const boundMs = grantedAtMs + ANSWER_MS + (call.isLate ? WINDOW_MS : 0)
  const endsAtMs = arrivesAtMs + ((boundMs - arrivesAtMs) * call.bodyPerMille) / 1_000
  return { arrivesAtMs, endsAtMs, toldAtMs: Math.min(endsAtMs + call.toldMs, boundMs) }
}

function endPermit(fixture: Fixture, permit: Permit, call: Call): void {
  const { clock } = fixture
  const { arrivesAtMs, toldAtMs } = timesOf(call, clock.now())
  const used = usedBy(call)
  const at = (atMs: number, act: () => void): unknown => clock.setTimer(act, atMs - clock.now())
  if (call.end !== 'never' && call.end !== 'abandoned') at(arrivesAtMs, permit.settle)
  if (call.end === 'told') at(toldAtMs, () => permit.settleTokens(used))
  if (call.end === 'released') {
    at(arrivesAtMs, permit.release)
    at(toldAtMs, () => permit.settleTokens(used))
  }
  if (call.end === 'abandoned') at(arrivesAtMs, permit.abandon)
  if (call.end === 'cut') at(arrivesAtMs + 1, permit.abandon)
}

function usedBy({ tokens, usedPerMille }: Call): number {
  return Math.floor((tokens * usedPerMille) / 1_000)
}

async function serve(list: Call[], kind: TokenAccounting, options: Settings): Promise<ServerLogs> {
  const tokenLimit = { requestsMax: undefined, tokensMax: TOKENS_MAX, windowMs: WINDOW_MS }
  const limits = profileOf(
    { ...tokenLimit, id: 'tokens', endpoints: ['chat', 'embeddings'] },
    { id: 'requests', endpoints: ['embeddings'], requestsMax: 5, windowMs: WINDOW_MS },
  )
  const { pacing, driftPpm } = options
  const fixture = new Fixture({
    profile: { ...limits, tokenAccounting: kind },
    pacing,
    arrivalBoundMs: ARRIVAL_MS,
    answerBoundMs: ANSWER_MS,
  })
  const logs: ServerLogs = { reserved: [], used: [] }
  const toServerMs = (atMs: number): number => {
    return Math.floor(1_000_000 + atMs * (1 + driftPpm / 1_000_000))
  }
  const send = async (call: Call): Promise<void> => {
    const permit = await fixture.limiter.acquire({ tokens: call.tokens, endpoint: call.endpoint })
    const { arrivesAtMs, endsAtMs } = timesOf(call, permit.grantedAtMs)
    const isOversized = call.tokens > TOKENS_MAX
    logs.reserved.push({ atMs: toServerMs(arrivesAtMs), tokens: call.tokens, isOversized })
    logs.used.push({ atMs: toServerMs(endsAtMs), tokens: usedBy(call), isOversized })
    endPermit(fixture, permit, call)
    fixture.granted.push('one')
  }
  for (const call of list) {
    await fixture.clock.run(call.gapMs)
    void send(call)
  }
  await fixture.clock.run(list.length * 10 * WINDOW_MS)
  expect(fixture.granted).toHaveLength(list.length)
  expectNothingLost(fixture)
  return logs
}

/** When all is over, all of the quota is there. */
function expectNothingLost({ limiter }: Fixture): void {
  expect(limiter.snapshot().rateLimits.map(({ used }) => used)).toEqual([0, 0])
  expect(limiter.tryAcquire({ tokens: TOKENS_MAX })).toMatchObject({ granted: true })
}

/** Never more in a window than the limit, but for one call that is alone there and is above it by itself. */
function expectWithinLimit(inWindow: Entry[]): void {
  const counted = inWindow.filter(({ tokens }) => tokens > 0)
  if (counted.length === 1 && counted[0]?.isOversized === true) return
  const sum = counted.reduce((total, { tokens }) => total + tokens, 0)
  if (sum > TOKENS_MAX) throw new Error(`${sum} in a window: ${JSON.stringify(counted)}`)
}

function expectWithinLimits(log: Entry[], phaseMs: number): void {
  const byWindow = new Map<number, Entry[]>()
  for (const { atMs: fromMs } of log) {
    expectWithinLimit(log.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + WINDOW_MS))
  }
  for (const entry of log) {
    const index = Math.floor((entry.atMs + phaseMs) / WINDOW_MS)
    byWindow.set(index, [...(byWindow.get(index) ?? []), entry])
  }
  for (const inWindow of byWindow.values()) expectWithinLimit(inWindow)
}

/** Only who counts used tokens is told of late ends. */
function inTime(list: Call[], isAllowedLate: boolean): Call[] {
  const isTold = ({ end }: Call): boolean => end === 'told' || end === 'released'
  return list.map((call) => ({ ...call, isLate: call.isLate && isAllowedLate && isTold(call) }))
}

describe('the strict promise for tokens', () => {
  it('holds for servers that count used tokens, in a sliding log and fixed windows of any phase', async () => {
    const property = fc.asyncProperty(calls, settings, async (list, options) => {
      const logs = await serve(inTime(list, true), 'used', options)
      expectWithinLimits(logs.used, options.phaseMs)
    })
    await fc.assert(property, { numRuns: 150 })
  })

  it('holds for servers of either kind where the profile takes reserved tokens to count', async () => {
    const property = fc.asyncProperty(calls, settings, async (list, options) => {
      const logs = await serve(inTime(list, false), 'reserved', options)
      expectWithinLimits(logs.reserved, options.phaseMs)
      expectWithinLimits(logs.used, options.phaseMs)
    })
    await fc.assert(property, { numRuns: 150 })
  })
})
