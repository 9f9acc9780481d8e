/**
 * What stands behind the handler: settings, quota and state, made from the options.
 */

import { createSeededRandom } from '../core/random.ts'
import { countsRefused, type Gate } from './admission.ts'
import { drawWhole } from './options.ts'
import { Quota } from './quota/quota.ts'
import { JobStore } from './state/job-store.ts'
import { createCatalogue } from './state/models.ts'
import { ServerTime } from './state/server-time.ts'
import { formatUuid } from './state/uuid.ts'
import type { Enforcement } from './contract.ts'
import type { ServerState } from './operations/operation.ts'
import type { Settings } from './settings.ts'

/** Jobs remembered per kind, over all keys, the oldest finished ones being forgotten first. */
const JOBS_KEPT_MAX = 1_000

const wholeWindows = { kind: 'fixed-window', phaseMs: 0 } as const

/** @param state - Carried over where only the profile changes. @internal */
export function createGate(settings: Settings, state: ServerState = createState(settings)): Gate {
  const { profile, seed } = settings
  const quota = new Quota({
    limits: profile.rateLimits,
    enforcement: enforcementOf(settings),
    countsRefused: countsRefused(settings),
    tokenAccounting: profile.tokenAccounting ?? 'reserved',
    replicas: profile.replicas ?? 1,
    seed,
  })
  return { settings, quota, state: { ...state, profile } }
}

/** How limits are counted that do not say it themselves. @internal */
export function enforcementOf({ enforcement, profile }: Settings): Enforcement {
  return enforcement ?? profile.enforcement ?? wholeWindows
}

function createState(settings: Settings): ServerState {
  const { seed, jobDurationMs, batchDurationMs } = settings
  const idPart = seed.toString(36)
  let idCount = 0
  const durations = {
    'fine-tunes': { random: createSeededRandom(seed, 'fine-tunes'), range: jobDurationMs },
    batches: { random: createSeededRandom(seed, 'batches'), range: batchDurationMs },
  }
  return {
    profile: settings.profile,
    catalogue: createCatalogue(settings.models),
    time: new ServerTime(settings.wallAtZeroMs),
    fineTunes: new JobStore(JOBS_KEPT_MAX),
    batches: new JobStore(JOBS_KEPT_MAX),
    uploads: new JobStore(JOBS_KEPT_MAX),
    drawDurationMs: (kind) => drawWhole(durations[kind].random, durations[kind].range),
    nextId: (prefix) => {
      idCount += 1
      return `${prefix}-${idPart}-${idCount.toString(36)}`
    },
    nextUuid: () => {
      idCount += 1
      return formatUuid(idCount, seed)
    },
  }
}
