import { describe, expect, it } from 'vitest'
import { usesTheQuota } from '../../../../sim/invariants/uses-the-quota.ts'
import type { Scenario } from '../../../../sim/scenario/types.ts'
import type { SubjectTraits } from '../../../../sim/world/record.ts'
import { makeScenario, RunBuilder } from '../../../helpers/run-record.ts'
import { addTraffic, type Traffic } from '../../../helpers/saturated-run.ts'

// Each request holds its slot for 60,100 ms: 600 slots are full at one in 100.17 ms, and 97.6 % full at one in 102.7 ms.
const fullMs = 102
const idleMs = 104

interface Case {
  scenario?: Partial<Scenario>
  traits?: Partial<SubjectTraits>
  before?: (run: RunBuilder) => void
}

/** Its number of checks and of violations. */
function judge(traffic: Traffic, { before, ...parts }: Case = {}): [number, number] {
  const run = new RunBuilder(parts)
  before?.(run)
  addTraffic(run, traffic)
  const { checks, violations } = usesTheQuota.judge(run.build())
  return [checks, violations.length]
}

function addFullChat(run: RunBuilder): void {
  addTraffic(run, { everyMs: fullMs, toMs: 200_000 })
}

describe('uses-the-quota', () => {
  it('holds where the slots are nearly all taken while calls wait', () => {
    expect(judge({ everyMs: fullMs, toMs: 200_000 })).toEqual([1, 0])
  })

  it('finds slots that stay free while calls wait, and says how many', () => {
    const run = new RunBuilder()
    addTraffic(run, { everyMs: idleMs, toMs: 200_000 })
    expect(usesTheQuota.judge(run.build()).violations).toEqual([
      {
        atMs: 120_000,
        message: expect.stringMatching(/to 199\d+: chat 0\.96\d of 0\.976, chat-and/),
      },
    ])
  })

  it('leaves out the first two windows, and what is left if it is short', () => {
    expect(judge({ everyMs: 1_000, toMs: 149_000 })).toEqual([0, 0])
    expect(judge({ everyMs: 1_000, toMs: 150_000 })).toEqual([1, 1])
  })

  it('leaves out the time in which somebody else uses the quota, and two windows behind it', () => {
    const scenario = { tenants: [{ fromMs: 0, toMs: 50_000, everyMs: 500 }] }
    expect(judge({ everyMs: 1_000, toMs: 199_000 }, { scenario })).toEqual([0, 0])
    expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario })).toEqual([1, 1])
  })

  it.each([{ shippedLimiter: false }, { shippedRetry: false }])(
    'leaves out nothing of it for what sees no headers: %o',
    (traits) => {
      const scenario = { tenants: [{ fromMs: 0, toMs: 200_000, everyMs: 500 }] }
      expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario, traits })).toEqual([1, 1])
      expect(judge({ everyMs: fullMs, toMs: 200_000 }, { scenario, traits })).toEqual([1, 0])
    },
  )

  it.each<Partial<Scenario>>([
    { stalls: [{ atMs: 20_000, lastsMs: 30_000 }] },
    { faults: [{ match: { fromMs: 20_000, toMs: 50_000 }, do: { kind: 'quota', share: 0.5 } }] },
  ])(
    'leaves out the time in which it cannot be used, and two windows behind it: %o',
    (scenario) => {
      expect(judge({ everyMs: 1_000, toMs: 199_000 }, { scenario })).toEqual([0, 0])
      expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario })).toEqual([1, 1])
    },
  )

  it('lets a client that reads headers believe a counter that slides, and judges one that does not', () => {
    const scenario = { enforcement: { kind: 'sliding-counter', phaseMs: 0 } } as const
    expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario })).toEqual([0, 0])
    const traits = { shippedLimiter: false }
    expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario, traits })).toEqual([1, 1])
  })

  it('judges nothing where limits are paced by the second', () => {
    const scenario = { profile: 'tier-1' }
    expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario })).toEqual([0, 0])
  })

  it('judges nothing where calls do not wait', () => {
    const run = new RunBuilder()
    for (let atMs = 0; atMs < 200_000; atMs += 1_000) {
      run.acquire(atMs)
      run.attempt(run.call(atMs), atMs)
    }
    expect(usesTheQuota.judge(run.build())).toEqual({ checks: 0, violations: [] })
  })

  it('asks less of the smaller quota: images, of 60', () => {
    expect(judge({ everyMs: 1_050, toMs: 200_000, endpoint: 'images' })).toEqual([1, 0])
    expect(judge({ everyMs: 1_080, toMs: 200_000, endpoint: 'images' })).toEqual([1, 1])
  })

  it('is content with one full quota of those that apply', () => {
    const embeddings = { everyMs: 20_000, toMs: 200_000, endpoint: 'embeddings' } as const
    // Chat leaves nothing of the quota that both share.
    expect(judge(embeddings, { before: addFullChat })).toEqual([2, 0])
    expect(judge(embeddings)).toEqual([1, 1])
  })
})

describe('uses-the-quota and what a limiter can know', () => {
  it('counts a slot until a window after the bound where no headers came', () => {
    // 65 s a slot: full at one in 108.3 ms.
    const attempt = { headersAtMs: undefined, endedAtMs: undefined, status: undefined }
    expect(judge({ everyMs: 110, toMs: 200_000, attempt })).toEqual([1, 0])
    expect(judge({ everyMs: 113, toMs: 200_000, attempt })).toEqual([1, 1])
  })

  it('counts it so for every request of a limiter without release()', () => {
    const acquire = { hasRelease: false, released: false }
    expect(judge({ everyMs: 110, toMs: 200_000, acquire })).toEqual([1, 0])
    expect(judge({ everyMs: 113, toMs: 200_000, acquire })).toEqual([1, 1])
  })

  it('does not judge a retry from outside that never releases', () => {
    const traffic = { everyMs: 1_000, toMs: 200_000, acquire: { released: false } }
    expect(judge(traffic, { traits: { shippedRetry: false } })).toEqual([0, 0])
    expect(judge(traffic)).toEqual([1, 1])
    expect(judge({ ...traffic, acquire: {} }, { traits: { shippedRetry: false } })).toEqual([1, 1])
  })

  it('asks for half where answers say that nothing is left, and for all once that is forgotten', () => {
    const lie = { perMille: 50, headers: {}, tightens: true }
    const told = { scenario: { lies: [{ ...lie, toMs: 400_000 }] } }
    expect(judge({ everyMs: 204, toMs: 200_000 }, told)).toEqual([1, 0])
    expect(judge({ everyMs: 208, toMs: 200_000 }, told)).toEqual([1, 1])
    const forgotten = { scenario: { lies: [{ ...lie, toMs: 50_000 }] } }
    expect(judge({ everyMs: 204, toMs: 200_000 }, forgotten)).toEqual([1, 1])
    const loosening = { scenario: { lies: [{ ...lie, tightens: false, toMs: 400_000 }] } }
    expect(judge({ everyMs: 204, toMs: 200_000 }, loosening)).toEqual([1, 1])
  })

  it('judges nothing where a cap on what runs at once may bind', () => {
    const settings = { ...makeScenario().settings, concurrencyMax: 50 }
    expect(judge({ everyMs: 1_000, toMs: 200_000 }, { scenario: { settings } })).toEqual([0, 0])
  })
})

/** A 429 at 100 ms before the middle, and what it says of waiting. */
function refuse(retryAfter?: string): (run: RunBuilder) => void {
  const hints = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return (run) => run.attempt(run.call(), 139_900, { status: 429, hints })
}

describe('uses-the-quota and interruptions', () => {
  const idle: Traffic = { everyMs: 1_000, toMs: 290_000 }

  it('begins anew after a pause, and does not judge the time in it', () => {
    expect(judge(idle)).toEqual([1, 1])
    expect(judge(idle, { before: refuse('1') })).toEqual([0, 0])
    // From 142 s on, its first two windows left out: 28 s, and 38 s.
    expect(judge({ ...idle, toMs: 300_000 }, { before: refuse('1') })).toEqual([1, 1])
    expect(judge({ ...idle, toMs: 300_000 }, { before: refuse('15') })).toEqual([0, 0])
  })

  it('takes a refusal that names nothing as a pause of a minute', () => {
    expect(judge({ ...idle, toMs: 350_000 }, { before: refuse() })).toEqual([0, 0])
    expect(judge({ ...idle, toMs: 352_000 }, { before: refuse() })).toEqual([1, 1])
  })

  it('begins anew for embeddings where chat begins to compete for the quota of both', () => {
    const embeddings: Traffic = { ...idle, endpoint: 'embeddings' }
    const chat = { everyMs: 1_000, fromMs: 145_000, toMs: 290_000 }
    expect(judge(embeddings)).toEqual([1, 1])
    expect(judge(embeddings, { before: (run) => addTraffic(run, chat) })).toEqual([0, 0])
  })

  it.each<[string, Partial<Scenario>]>([
    ['faults begin or end', { faults: [{ match: { toMs: 145_000 }, do: { kind: 'hang' } }] }],
    ['faults are over', { faultsEndMs: 145_000 }],
    ['the network changes', { network: [0, 145_000].map((fromMs) => phase(fromMs)) }],
  ])('begins anew where %s', (_case, scenario) => {
    expect(judge(idle, { scenario })).toEqual([0, 0])
    expect(judge({ ...idle, toMs: 300_000 }, { scenario })).toEqual([1, 1])
  })
})

function phase(fromMs: number): Scenario['network'][number] {
  const way = { kind: 'fixed', ms: 50 } as const
  return { fromMs, out: way, service: way, back: way, body: way }
}
