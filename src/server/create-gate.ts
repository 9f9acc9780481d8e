/**
 * What stands behind the handler: settings, quota and state, made from the options.
 */

import { createSeededRandom, type Random } from '../core/random.ts'
import { countsRefused, type Gate } from './admission.ts'
import { drawWhole } from './options.ts'
import { Quota } from './quota/quota.ts'
import { FileStore, fileTypeOf } from './state/file-store.ts'
import { JobStore } from './state/job-store.ts'
import { createCatalogue } from './state/models.ts'
import { ServerTime } from './state/server-time.ts'
import { formatUuid } from './state/uuid.ts'
import type { ServerState } from './operations/operation.ts'
import type { Settings } from './settings.ts'

/** Jobs remembered per kind, over all keys, the oldest finished ones being forgotten first. */
const JOBS_KEPT_MAX = 1_000

/** Files remembered over all keys, the oldest being forgotten first. */
const FILES_KEPT = { countMax: 10_000, bytesMax: 1_073_741_824 } as const

const wholeWindows = { kind: 'fixed-window', phaseMs: 0 } as const

/** @param state - Carried over where only the profile changes. @internal */
export function createGate(settings: Settings, state: ServerState = createState(settings)): Gate {
  const { profile, seed } = settings
  const quota = new Quota({
    limits: profile.rateLimits,
    enforcement: settings.enforcement ?? profile.enforcement ?? wholeWindows,
    countsRefused: countsRefused(settings),
    tokenAccounting: profile.tokenAccounting ?? 'reserved',
    replicas: profile.replicas ?? 1,
    seed,
  })
  return { settings, quota, state: { ...state, profile } }
}

function createState(settings: Settings): ServerState {
  const { seed, jobDurationMs, batchDurationMs } = settings
  const idPart = seed.toString(36)
  let idCount = 0
  const durations = {
    'fine-tunes': { random: createSeededRandom(seed, 'fine-tunes'), range: jobDurationMs },
    batches: { random: createSeededRandom(seed, 'batches'), range: batchDurationMs },
  }
  const orderRandom = createSeededRandom(seed, 'batch-order')
  return {
    profile: settings.profile,
    catalogue: createCatalogue(settings.models),
    time: new ServerTime(settings.wallAtZeroMs),
    fineTunes: new JobStore(JOBS_KEPT_MAX),
    batches: new JobStore(JOBS_KEPT_MAX),
    uploads: new JobStore(JOBS_KEPT_MAX),
    files: createFileStore(settings),
    drawDurationMs: (kind) => drawWhole(durations[kind].random, durations[kind].range),
    drawOrder: (count) => shuffle(count, orderRandom),
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

/** The files that are there from the beginning belong to every key. */
function createFileStore({ files }: Settings): FileStore {
  const store = new FileStore(FILES_KEPT)
  const encoder = new TextEncoder()
  for (const { id, content, name = `${id}.jsonl`, purpose = 'batch-api' } of files) {
    const bytes = typeof content === 'string' ? encoder.encode(content) : content
    const type = fileTypeOf(name) ?? 'jsonl'
    store.put({ id, key: undefined, name, purpose, type, createdAtMs: 0, bytes })
  }
  return store
}

/** The numbers from 0 to `count - 1` in an order of equal chances (Fisher and Yates). */
function shuffle(count: number, random: Random): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last -= 1) {
    const place = Math.floor(random.next() * (last + 1))
    const moved = order[last] ?? 0
    order[last] = order[place] ?? 0
    order[place] = moved
  }
  return order
}
