import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quirkSites } from '../../src/server/handler.ts'
import { countsPerWindow } from '../../sim/counting.ts'
import { isTier, maxPerMinuteOf, mixedProfiles, profileNames } from '../../sim/profiles.ts'
import { drawScenario, type ScenarioKind } from '../../sim/scenario/draw-scenario.ts'
import type { Latency, Scenario } from '../../sim/scenario/types.ts'
import { Draw } from '../../sim/world/draw.ts'

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const kinds = fc.record({ isShipped: fc.boolean(), profile: fc.constantFrom(...profileNames) })

/** Checks something of every scenario that can be drawn. */
function assertAlways(check: (scenario: Scenario, seed: number, kind: ScenarioKind) => void): void {
  const property = fc.property(seeds, kinds, (seed, kind) => {
    check(drawScenario(seed, kind), seed, kind)
  })
  fc.assert(property, { numRuns: 500 })
}

/** The same, each once, from the smallest on. */
function ascending(places: readonly number[]): number[] {
  return [...new Set(places)].toSorted((left, right) => left - right)
}

/** The shortest and the longest that a latency can be. */
function endsOf(latency: Latency): [number, number] {
  return latency.kind === 'fixed' ? [latency.ms, latency.ms] : [latency.minMs, latency.maxMs]
}

describe('drawScenario', () => {
  it('is pure: equal seeds and kinds give equal scenarios', () => {
    assertAlways((scenario, seed, kind) => expect(drawScenario(seed, kind)).toEqual(scenario))
  })

  it('gives one JSON value, which is as good printed and read', () => {
    assertAlways((scenario) => expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario))
  })

  it('begins the network at 0 and lets no request be on its way longer than the bound', () => {
    assertAlways(({ network, arrivalBoundMs }, seed) => {
      expect(network[0]?.fromMs).toBe(0)
      for (const { out } of network) {
        const [minMs, maxMs] = endsOf(out)
        expect(minMs).toBeLessThanOrEqual(maxMs)
        expect(maxMs).toBeLessThanOrEqual(arrivalBoundMs)
        const draw = new Draw(seed, 'test')
        for (let count = 0; count < 20; count += 1) {
          const ms = draw.latency(out)
          expect(ms >= minMs && ms <= maxMs && Number.isInteger(ms)).toBe(true)
        }
      }
    })
  })

  it('draws latencies that are never negative and whose ends are in order', () => {
    assertAlways(({ network }) => {
      for (const latency of network.flatMap(({ out, service, back, body }) => [
        out,
        service,
        back,
        body,
      ])) {
        const [minMs, maxMs] = endsOf(latency)
        expect(minMs).toBeGreaterThanOrEqual(0)
        expect(maxMs).toBeGreaterThanOrEqual(minMs)
      }
    })
  })

  it('leaves a drifting clock its margin: ways of at least 5 ms, and less than the bound', () => {
    assertAlways(({ network, arrivalBoundMs, driftPpm }) => {
      expect(Math.abs(driftPpm)).toBeLessThanOrEqual(100)
      if (driftPpm === 0) return
      for (const way of network.flatMap(({ out, back }) => [out, back])) {
        expect(endsOf(way)[0]).toBeGreaterThanOrEqual(5)
        expect(endsOf(way)[1]).toBeLessThan(arrivalBoundMs)
      }
    })
  })

  it('ends every fault, tenant and jump by the end of the faults', () => {
    assertAlways(({ faults, tenants, wallJumps, lies = [], quirks = [], faultsEndMs }) => {
      const ends = [
        ...quirks.map(({ toMs = Number.POSITIVE_INFINITY }) => toMs),
        ...faults.map(({ match }) => match?.toMs ?? Number.POSITIVE_INFINITY),
        ...tenants.map(({ toMs }) => toMs),
        ...wallJumps.map(({ atMs }) => atMs),
        // Where there are no faults it is told to the end.
        ...(faults.length === 0 ? [] : lies.filter(({ tightens }) => tightens)).map(
          ({ toMs }) => toMs,
        ),
      ]
      for (const endMs of ends) expect(endMs).toBeLessThanOrEqual(faultsEndMs)
    })
  })

  it('stalls the process in order, each time for itself, and for the last time before the faults end', () => {
    assertAlways(({ theme, stalls = [], earlyTimers, faultsEndMs, interface: used }) => {
      let endMs = 0
      for (const { atMs, lastsMs } of stalls) {
        expect(atMs).toBeGreaterThan(endMs)
        expect(lastsMs).toBeGreaterThan(0)
        endMs = atMs + lastsMs
      }
      expect(endMs).toBeLessThanOrEqual(faultsEndMs)
      if (theme === 'dynamic') expect([stalls, earlyTimers]).toEqual([[], undefined])
      if (earlyTimers !== undefined && used === 'contract') expect(earlyTimers.byMsMax).toBe(1)
    })
  })

  it('lets processes die only of the shipped module and of plain calls, in order, and tells those that are judged', () => {
    assertAlways(({ theme, interface: used, restarts, works, topUp, faultsEndMs }) => {
      if (restarts === undefined) return
      expect([used, works, topUp]).toEqual(['full', undefined, undefined])
      const instants = restarts.map(({ atMs }) => atMs)
      expect(new Set(instants).size).toBe(instants.length)
      expect(instants.toSorted((left, right) => left - right)).toEqual(instants)
      expect(instants.at(-1)).toBeLessThanOrEqual(faultsEndMs)
      if (theme === 'quota') {
        expect(restarts.every(({ initialUsage }) => initialUsage === 1)).toBe(true)
      }
    })
  })

  it('counts otherwise than by windows only where refusals for rate are a matter of course', () => {
    assertAlways(({ theme, profile, enforcement }) => {
      // Of tiers it is the usual way.
      if (!countsPerWindow(enforcement) && !isTier(profile))
        expect(['storm', 'outage']).toContain(theme)
    })
  })

  it('names dates only by a wall clock that neither drifts nor jumps', () => {
    assertAlways(({ faults, driftPpm, wallJumps, quirks = [] }) => {
      const hints = faults.flatMap(({ do: action }) =>
        action.kind === 'status' ? (action.hints ?? []) : [],
      )
      const sites = quirks.map(({ site }) => site)
      const isDated =
        sites.includes('retry-after-date') ||
        hints.some(({ header }) => header === 'retry-after-date')
      if (!isDated) return
      expect([driftPpm, wallJumps]).toEqual([0, []])
      // Nor by an answer whose own date is wrong.
      expect(sites).not.toContain('date-skewed')
    })
  })

  it('leaves the subject alone on its key, and lets it never be refused for rate, where the quota is judged', () => {
    assertAlways(({ theme, tenants, faults }) => {
      if (theme !== 'quota' && theme !== 'tokens') return
      expect(tenants).toEqual([])
      const refusing = faults.filter(({ do: action }) => {
        return action.kind === 'quota' || (action.kind === 'status' && action.status === 429)
      })
      expect(refusing).toEqual([])
    })
  })

  it('asks of subjects from outside no more than the contract has', () => {
    assertAlways((scenario, _seed, { isShipped }) => {
      if (isShipped) return
      expect(scenario.interface).toBe('contract')
      expect(scenario.discardsPermits).toBe(false)
      const { viaFetch, tokens, dynamic, lies, works } = scenario
      expect([viaFetch, tokens, dynamic, lies, works]).toEqual(Array(5).fill(undefined))
      for (const call of scenario.calls) {
        expect(call.endpoint).toBe('chat')
        expect([call.model, call.priority, call.aborts, call.deadlineMs]).toEqual(
          Array(4).fill(undefined),
        )
      }
    })
  })

  it('takes the profile that is named, and of mixed ones the documented for whatever is not general', () => {
    assertAlways(({ profile, theme, dynamic, maxPerMinute, interface: used }, _seed, kind) => {
      expect(maxPerMinute).toBe(maxPerMinuteOf(profile))
      if (kind.profile !== mixedProfiles) {
        expect(profile).toBe(kind.profile)
        if (profile.startsWith('dynamic') && used === 'full') expect(dynamic?.headers).toBe(profile)
      } else if (profile !== 'documented') {
        expect(used).toBe('full')
        expect(['quota', 'storm', 'outage']).toContain(theme)
      }
    })
  })

  it('makes no more calls under another profile than it takes to bind for some seconds', () => {
    assertAlways(({ profile, dynamic, calls }) => {
      if (profile === 'documented' || dynamic !== undefined) return
      const count = calls.reduce((sum, stream) => sum + stream.count, 0)
      expect(count).toBeLessThanOrEqual(1_100)
    })
  })

  it('draws long runs where it presses on them, with poison among their items, each place once', () => {
    assertAlways(({ theme, works = [] }) => {
      expect(works.length > 0).toBe(theme === 'work')
      for (const { items, batchSize, poisons } of works) {
        expect(items).toBeGreaterThan(0)
        expect(batchSize).toBeGreaterThan(0)
        const places = poisons.map(({ index }) => index)
        expect(new Set(places).size).toBe(places.length)
        expect(places.every((place) => place >= 0 && place < items)).toBe(true)
      }
    })
  })

  it('refuses a long run’s requests for their content only where they are poison', () => {
    assertAlways(({ theme, faults }) => {
      if (theme !== 'work') return
      for (const { do: action } of faults) {
        if (action.kind === 'status') expect([400, 403, 404, 413, 422]).not.toContain(action.status)
      }
    })
  })

  it('names each fault once, so that a smaller scenario can leave out one of them', () => {
    assertAlways(({ faults }) => {
      const ids = faults.map(({ id }) => id)
      expect(ids).not.toContain(undefined)
      expect(new Set(ids).size).toBe(ids.length)
    })
  })

  it('leaves nothing to chance but latencies: it names the requests that are hit, and the calls that are aborted', () => {
    assertAlways(({ calls, faults, lies = [] }) => {
      for (const { match = {} } of faults) {
        expect(match.perMille).toBeUndefined()
        if (match.nths === undefined) continue
        expect(match.nths.length).toBeGreaterThan(0)
        expect(match.nths).toEqual(ascending(match.nths))
      }
      for (const { count, aborts = [], abortPerMille } of calls) {
        expect(abortPerMille).toBeUndefined()
        const nths = aborts.map(({ nth }) => nth)
        expect(nths).toEqual(ascending(nths))
        expect(nths.every((nth) => nth <= count)).toBe(true)
      }
      expect(lies.filter(({ perMille }) => perMille !== undefined)).toEqual([])
    })
  })

  it('always has a call, and calls that begin at whole milliseconds', () => {
    assertAlways(({ calls }) => {
      expect(calls[0]?.count).toBeGreaterThan(0)
      for (const { fromMs, overMs, count } of calls) {
        expect(
          [fromMs, overMs, count].every((value) => Number.isInteger(value) && value >= 0),
        ).toBe(true)
      }
    })
  })
})

describe('a set of seeds', () => {
  const scenarios = Array.from({ length: 260 }, (_unused, index) =>
    drawScenario(index + 1, { isShipped: true, profile: mixedProfiles }),
  )

  it('holds most under the documented profile, and some under each class of the others', () => {
    const names = scenarios.map(({ profile }) => profile)
    expect(names.filter((name) => name === 'documented').length).toBeGreaterThan(220)
    expect(names.filter(isTier).length).toBeGreaterThan(5)
    expect(names).toContain('unlimited')
  })

  it('holds every theme, interface and way of counting', () => {
    expect(new Set(scenarios.map(({ theme }) => theme)).size).toBe(7)
    expect(new Set(scenarios.map((scenario) => scenario.interface)).size).toBe(2)
    expect(new Set(scenarios.map(({ enforcement }) => enforcement.kind)).size).toBe(6)
  })

  it('holds processes that die, told of what was before them and not told', () => {
    const restarts = scenarios.flatMap((scenario) => scenario.restarts ?? [])
    expect(new Set(restarts.map(({ initialUsage }) => initialUsage))).toEqual(new Set([0, 1]))
    expect(scenarios.filter((scenario) => scenario.restarts !== undefined).length).toBeGreaterThan(
      5,
    )
  })

  it('holds servers with every quirk, and most without any', () => {
    const odd = scenarios.filter(({ quirks }) => quirks !== undefined)
    const sites = odd.flatMap(({ quirks = [] }) => quirks.map(({ site }) => site))
    expect(new Set(sites)).toEqual(new Set(quirkSites))
    expect(odd.length).toBeLessThan(scenarios.length / 2)
  })

  it('holds every way in which calls come, and hosts that are busy or early', () => {
    const spacings = scenarios.flatMap(({ calls }) => calls.map(({ spacing }) => spacing))
    expect(new Set(spacings)).toEqual(new Set(['even', 'random', 'poisson']))
    expect(scenarios.filter(({ stalls }) => stalls !== undefined).length).toBeGreaterThan(25)
    expect(scenarios.filter(({ earlyTimers }) => earlyTimers !== undefined).length).toBeGreaterThan(
      25,
    )
  })

  it('holds runs without a fault, and runs with one alone', () => {
    const counts = scenarios.map(({ faults }) => faults.length)
    expect(counts.filter((count) => count === 0).length).toBeGreaterThan(5)
    expect(counts.filter((count) => count === 1).length).toBeGreaterThan(5)
  })
})
