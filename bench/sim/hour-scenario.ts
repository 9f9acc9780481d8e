/** An hour of chats at the documented 600 a minute, over a network as it mostly is. */
import type { Latency, Scenario } from '../../sim/scenario/types.ts'

const hourMs = 3_600_000

/** @param share - Of an hour; the rate stays. @internal */
export function hourScenario(share: number): Scenario {
  const overMs = hourMs * share
  const way: Latency = { kind: 'lognormal', medianMs: 40, sigma: 0.5, minMs: 0, maxMs: 1_000 }
  const service: Latency = { kind: 'lognormal', medianMs: 200, sigma: 0.5, minMs: 0, maxMs: 5_000 }
  return {
    seed: 1,
    theme: 'quota',
    interface: 'contract',
    profile: 'documented',
    maxPerMinute: 600,
    arrivalBoundMs: 5_000,
    maxRetries: 4,
    discardsPermits: false,
    settings: { pacing: 'even', attemptTimeoutMs: 60_000, serverDelayMsMax: 120_000 },
    enforcement: { kind: 'sliding-log' },
    countsRefused: true,
    driftPpm: 0,
    network: [{ fromMs: 0, out: way, service, back: way, body: { kind: 'fixed', ms: 0 } }],
    calls: [{ fromMs: 0, count: overMs / 100, overMs, spacing: 'even', endpoint: 'chat' }],
    faults: [],
    tenants: [],
    wallJumps: [],
    jobDurationMs: { minMs: 5_000, maxMs: 20_000 },
    faultsEndMs: 0,
  }
}
