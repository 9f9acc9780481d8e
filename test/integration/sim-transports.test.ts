/**
 * A seed gives one trace, whether requests go to the mock's handler, through its fastify app, or over a socket: what the
 * simulator shows with light answers and no HTTP holds for the server that people run and the `Response` that they get.
 */
import { describe, expect, it } from 'vitest'
import { findDivergence } from '../../sim/divergence.ts'
import { judgeRun, type RunOutcome } from '../../sim/judge.ts'
import { drawScenario } from '../../sim/scenario/draw-scenario.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { loadFresh } from '../../sim/subjects/fresh.ts'
import { installVirtualTime } from '../../sim/world/time.ts'
import { loadTransport } from '../../sim/world/transports/open.ts'
import { transportNames, type TransportName } from '../../sim/world/transports/transport.ts'

await Promise.all(transportNames.map((name) => loadTransport(name)))
const time = installVirtualTime(1)

/** Enough to find a small scenario of every kind. */
const drawnSeeds = Array.from({ length: 150 }, (_unused, index) => index + 1)

type Kind = (scenario: Scenario) => boolean

/** The smallest scenario of each kind, whatever seeds draw. */
function smallSeeds(kinds: readonly Kind[]): number[] {
  const scenarios = drawnSeeds.map((seed) => scenarioOf(seed))
  return [
    ...new Set(
      kinds.map((isOfKind) => {
        const [smallest] = scenarios.filter(isOfKind).toSorted((one, two) => size(one) - size(two))
        if (smallest === undefined) throw new Error('no seed draws a scenario of that kind')
        return smallest.seed
      }),
    ),
  ]
}

/** About how much happens in it. */
function size({ calls, works }: Scenario): number {
  const looks = 300 * (works?.length ?? 0)
  return calls.reduce((sum, { count }) => sum + count, looks)
}

function scenarioOf(seed: number): Scenario {
  return drawScenario(seed, { isShipped: true, profile: 'documented' })
}

async function run(seed: number, transport: TransportName): Promise<RunOutcome> {
  const subject = await loadFresh(time, 'shipped', seed)
  return judgeRun(time, subject, scenarioOf(seed), { keepsTrace: true, transport })
}

async function expectSameOver(transport: TransportName, seed: number): Promise<void> {
  const direct = await run(seed, 'direct')
  const other = await run(seed, transport)
  const [one, two] = [direct, other].map(({ trace }) => trace.join('\n'))
  expect(findDivergence(one ?? '', two ?? '', ['direct', transport])).toBeUndefined()
  expect(direct.trace.length).toBeGreaterThan(100)
  expect(other.traceHash).toBe(direct.traceHash)
  expect(other.violations).toEqual([])
  expect(other.checks).toEqual(direct.checks)
  expect(other.met).toEqual(direct.met)
}

const themes = ['quota', 'storm', 'outage', 'recovery', 'tokens', 'dynamic', 'work'] as const
const hasFault =
  (kind: string): Kind =>
  ({ faults }) =>
    faults.some((rule) => rule.do.kind === kind)

describe('by inject', () => {
  const seeds = smallSeeds([
    ...themes.map(
      (theme): Kind =>
        (scenario) =>
          scenario.theme === theme,
    ),
    (scenario) => scenario.viaFetch === true,
    (scenario) => scenario.lies !== undefined,
    (scenario) => scenario.driftPpm !== 0,
    ...['drop', 'hang', 'truncate', 'delay'].map((kind) => hasFault(kind)),
  ])
  it.each(seeds)('seed %i gives the trace that it gives without HTTP', async (seed) => {
    await expectSameOver('inject', seed)
  })
})

describe('over a socket', () => {
  const seeds = smallSeeds([
    (scenario) => scenario.theme === 'work',
    (scenario) => scenario.theme === 'storm' && hasFault('truncate')(scenario),
  ])
  it.each(seeds)('seed %i gives the trace that it gives without HTTP', async (seed) => {
    await expectSameOver('loopback', seed)
  })
})
