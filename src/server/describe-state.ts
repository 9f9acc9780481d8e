/**
 * The state of the server for whoever looks at it: which limits are used up by whom, and what is under way.
 *
 * Looking changes nothing but that tokens of answers which have ended are counted. It holds no whole API key.
 */

import { countsRefused, type Gate } from './admission.ts'
import { enforcementOf } from './create-gate.ts'
import { redactKey } from './state/journal.ts'
import type { Enforcement } from './contract.ts'
import type { MockTotals } from './state/totals.ts'
import type { JobStore } from './state/job-store.ts'
import type { ServerConcurrencyLimit } from './profiles/server-profile.ts'

/** One limit, as far as somebody has used it up. @public */
export interface MockLimitUse {
  /** The limit's id. */
  readonly limit: string
  /** `rate` is a count in a window, `places` a number of unfinished jobs. */
  readonly kind: 'rate' | 'places'
  /** The end of the API key; empty where the limit is the whole server's. */
  readonly key: string
  /** Empty unless each model has a quota of its own. */
  readonly model: string
  /** Which of several servers counts, from 0. */
  readonly replica: number
  readonly used: number
  /** What there is in all, in the limit's own units: requests, tokens or jobs. */
  readonly max: number
  /** When one more unit passes, if nothing else comes: now, where there is room. */
  readonly freesAtMs: number
}

/** Jobs of one kind, over all keys. @public */
export interface MockJobCount {
  readonly running: number
  /** Finished ones included. */
  readonly remembered: number
}

/** The state of a mock server at one instant. @public */
export interface MockState {
  readonly nowMs: number
  /** The same instant in the server's calendar, in whole seconds. */
  readonly isoTime: string
  /** The name of the profile. */
  readonly profile: string
  /** How limits are counted that do not say it themselves. */
  readonly enforcement: Enforcement
  readonly countsRefused: boolean
  /** Limits that somebody has drawn on, and whose count is not yet forgotten. */
  readonly limits: readonly MockLimitUse[]
  readonly jobs: Readonly<Record<'fine-tunes' | 'batches' | 'model-uploads', MockJobCount>>
  /** Files that are remembered, uploaded or written by batches, and their bytes. */
  readonly files: { readonly remembered: number; readonly bytes: number }
  /** Entries that the journal holds. */
  readonly journalLength: number
  readonly totals: MockTotals
}

/** What is behind the gate at an instant. @internal */
export function describeGate(
  gate: Gate,
  nowMs: number,
): Omit<MockState, 'journalLength' | 'totals'> {
  const { settings, state } = gate
  return {
    nowMs,
    isoTime: state.time.isoTime(nowMs),
    profile: settings.profile.name,
    enforcement: enforcementOf(settings),
    countsRefused: countsRefused(settings),
    limits: [...describeRates(gate, nowMs), ...describePlaces(gate, nowMs)],
    jobs: {
      'fine-tunes': countJobs(state.fineTunes, nowMs),
      batches: countJobs(state.batches, nowMs),
      'model-uploads': countJobs(state.uploads, nowMs),
    },
    files: { remembered: state.files.size, bytes: state.files.bytes },
  }
}

function describeRates({ quota }: Gate, nowMs: number): MockLimitUse[] {
  return quota
    .list(nowMs)
    .map(({ limit, key, model, replica, capacity, remaining, allowAtMs }) => ({
      limit,
      kind: 'rate',
      key: redactKey(key),
      model,
      replica,
      // A quota that a fault has shrunk may have less room than is counted already.
      used: Math.max(0, capacity - remaining),
      max: capacity,
      freesAtMs: allowAtMs,
    }))
}

function describePlaces({ settings, state }: Gate, nowMs: number): MockLimitUse[] {
  return settings.profile.concurrencyLimits.flatMap((limit) => {
    const jobs = limit.endpoint === 'fine-tunes' ? state.fineTunes : state.batches
    return jobs.occupants(nowMs).map((occupant) => describePlace(limit, occupant, nowMs))
  })
}

function describePlace(
  { id, concurrentMax }: ServerConcurrencyLimit,
  { key, count, freesAtMs }: { key: string; count: number; freesAtMs: number },
  nowMs: number,
): MockLimitUse {
  return {
    limit: id,
    kind: 'places',
    key: redactKey(key),
    model: '',
    replica: 0,
    used: count,
    max: concurrentMax,
    freesAtMs: count < concurrentMax ? nowMs : freesAtMs,
  }
}

function countJobs(jobs: JobStore<unknown>, nowMs: number): MockJobCount {
  const running = jobs.occupants(nowMs).reduce((sum, { count }) => sum + count, 0)
  return { running, remembered: jobs.size }
}
