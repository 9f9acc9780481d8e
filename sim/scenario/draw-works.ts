/** Draws long runs, and what they have to outlast: texts that are refused, a model that is down, an outage, an end. */
import type { FaultRule } from '../../src/server/handler.ts'
import type { Draw } from '../world/draw.ts'
import type { CallStream, FilePlan, WorkPlan } from './types.ts'

/** One or two runs beside a few calls of others. */
export function drawWorks(draw: Draw): { works: WorkPlan[]; calls: CallStream[]; busyMs: number } {
  if (draw.chance(200)) return drawFineTunes(draw)
  if (draw.chance(400)) return drawFileWork(draw)
  const kinds = draw.pick<WorkPlan['kind'][]>([
    ['embed'],
    ['requests'],
    ['batch'],
    ['embed', 'requests'],
    ['requests', 'embed'],
  ])
  const works = kinds.map((kind) => drawWork(draw, kind))
  const requests = works.reduce((sum, { items, batchSize }) => sum + items / batchSize, 0)
  const others = { fromMs: 0, count: draw.int(1, 60), overMs: 20_000, spacing: 'random' } as const
  return {
    works,
    calls: [{ ...others, endpoint: 'chat' }],
    busyMs: Math.ceil(10_000 + requests * 200),
  }
}

/** One run whose output is its checkpoint, in a process of its own, and a single call of somebody else. */
function drawFileWork(draw: Draw): ReturnType<typeof drawWorks> {
  const {
    form: _form,
    leavesAfter: _leavesAfter,
    ...work
  } = drawWork(draw, draw.pick(['embed', 'requests', 'batch'] as const))
  const busyMs = Math.ceil(10_000 + (work.items / work.batchSize) * 200)
  const file = drawFile(draw, busyMs)
  return {
    works: [{ ...work, form: 'file', takingMs: 0, file }],
    calls: [{ fromMs: 0, count: 1, overMs: 0, spacing: 'even', endpoint: 'chat' }],
    busyMs,
  }
}

/** More jobs than there are places, and others that take some. */
function drawFineTunes(draw: Draw): ReturnType<typeof drawWorks> {
  const pollMs = draw.pick([5_000, 30_000])
  const others = Array.from({ length: draw.pick([0, 3, 6]) }, () => draw.int(0, 90_000))
  return {
    works: [
      {
        kind: 'fine-tunes',
        form: 'promise',
        fromMs: draw.int(0, 5_000),
        items: draw.int(2, 8),
        batchSize: 1,
        inFlightMax: 1,
        outageMsMax: 7_200_000,
        model: 'simulated/chat',
        fallbackModels: [],
        poisons: [],
        takingMs: 0,
        pollMs,
        othersAtMs: others,
      },
    ],
    calls: [{ fromMs: 0, count: 1, overMs: 0, spacing: 'even', endpoint: 'chat' }],
    busyMs: 120_000,
  }
}

function drawFile(draw: Draw, busyMs: number): FilePlan {
  const crashes = Array.from({ length: draw.int(0, 4) }, () => ({
    kind: draw.pick(['process', 'process', 'machine'] as const),
    afterMs: draw.int(1, draw.pick([3_000, busyMs])),
  }))
  const fullFromMs = draw.int(3_000, 12_000)
  const isFull = draw.chance(400)
  return {
    crashes,
    writeMs: draw.pick([
      { minMs: 0, maxMs: 2 },
      { minMs: 1, maxMs: 50 },
      { minMs: 100, maxMs: 2_000 },
    ]),
    full: isFull ? [{ fromMs: fullFromMs, toMs: fullFromMs + 4_000 }] : [],
  }
}

function drawWork(draw: Draw, kind: WorkPlan['kind']): WorkPlan {
  const isEmbedding = kind === 'embed'
  const items = isEmbedding ? draw.int(1, 250) : draw.int(1, 120)
  const inFlightMax = draw.pick([128, 128, 16, 4, 1])
  const batchSize = isEmbedding ? draw.pick([20, 20, 7, 1]) : 1
  const form = draw.pick(['iterate', 'iterate', 'promise'] as const)
  const hasFallbacks = kind === 'requests' && draw.chance(500)
  const poisons = draw.chance(500) ? drawPoisons(draw, { items, inFlightMax, batchSize }) : []
  const outageMsMax = draw.pick([7_200_000, 7_200_000, 300_000, 20_000])
  return {
    kind,
    form,
    fromMs: draw.int(0, 5_000),
    items,
    batchSize,
    inFlightMax,
    // It takes some time to tell one over which the server stumbles from an outage.
    outageMsMax: poisons.some(({ status }) => status >= 500) ? 7_200_000 : outageMsMax,
    model: isEmbedding ? 'simulated/embeddings' : 'simulated/chat',
    fallbackModels: hasFallbacks ? ['simulated/other-chat'] : [],
    poisons,
    ...(kind === 'batch' ? { pollMs: draw.pick([30_000, 30_000, 600_000]) } : {}),
    takingMs: form === 'iterate' && draw.chance(300) ? draw.pick([10, 200]) : 0,
    ...drawEnd(draw, form),
  }
}

/** Some runs are ended by those for whom they work. */
function drawEnd(
  draw: Draw,
  form: WorkPlan['form'],
): Pick<WorkPlan, 'abortAfterMs' | 'leavesAfter'> {
  if (draw.chance(150)) return { abortAfterMs: draw.int(0, 60_000) }
  return form === 'iterate' && draw.chance(250) ? { leavesAfter: draw.int(1, 40) } : {}
}

/** At most one over which the server stumbles: whose fault it is, others have to show, by succeeding. */
function drawPoisons(
  draw: Draw,
  { items, inFlightMax, batchSize }: Pick<WorkPlan, 'items' | 'inFlightMax' | 'batchSize'>,
): WorkPlan['poisons'] {
  const indexes = new Set(Array.from({ length: draw.int(1, 5) }, () => draw.int(0, items - 1)))
  const statuses: [number, ...number[]] = [400, 413, 422, 403]
  const poisons = [...indexes].map((index) => ({ index, status: draw.pick(statuses) }))
  const isShown = items >= 40 && (batchSize > 1 || inFlightMax >= 16)
  const [first] = poisons
  if (first !== undefined && isShown && draw.chance(300)) {
    first.index = draw.int(0, items >> 2)
    first.status = 500
  }
  return poisons.filter(({ index }, at) => poisons.findIndex((each) => each.index === index) === at)
}

/** Faults that only long runs outlast, or end by. */
export function drawWorkFaults(draw: Draw, busyMs: number, toMs: number): FaultRule[] {
  const faults: FaultRule[] = []
  if (draw.chance(250)) faults.push(drawStop(draw, toMs))
  if (draw.chance(300)) {
    const do503 = { kind: 'status', status: 503 } as const
    const fromMs = draw.int(0, Math.min(busyMs >> 1, toMs - 1))
    const match = { model: 'simulated/chat', fromMs, toMs }
    faults.push({ id: 'model-down', match, do: do503 })
  }
  if (draw.chance(500)) faults.push(drawOutage(draw, busyMs, toMs))
  if (draw.chance(500)) faults.push(drawBatchFate(draw, toMs))
  if (draw.chance(300)) {
    const match = { fromMs: draw.int(0, Math.min(busyMs, toMs - 1)), toMs }
    faults.push({ id: 'quota-cut', match, do: { kind: 'quota', share: 0.05 } })
  }
  // A place that the list shows, and the server does not give.
  if (draw.chance(800)) {
    const match = { endpoint: 'fine-tunes', perMille: draw.pick([400, 800]), toMs } as const
    faults.push({ id: 'no-place', match, do: { kind: 'status', status: 409 } })
  }
  return faults
}

/** What becomes of a batch; where there is none, nothing. */
function drawBatchFate(draw: Draw, toMs: number): FaultRule {
  const nth = draw.int(1, 2)
  return draw.pick<FaultRule>([
    {
      id: 'batch-errors',
      match: { endpoint: 'batches', toMs },
      do: { kind: 'batch', failPerMille: draw.pick([20, 200]) },
    },
    {
      id: 'batch-fails',
      match: { endpoint: 'batches', nth, toMs },
      do: { kind: 'batch', ending: 'FAILED' },
    },
    {
      id: 'batch-expires',
      match: { endpoint: 'batches', nth, toMs },
      do: { kind: 'batch', ending: 'EXPIRED' },
    },
  ])
}

/** The answer after which nothing of the run can succeed. */
function drawStop(draw: Draw, toMs: number): FaultRule {
  const status = draw.pick([401, 402])
  const endpoint = draw.pick(['chat', 'embeddings'] as const)
  const nth = draw.int(2, 20)
  return { id: 'stop', match: { endpoint, nth, toMs }, do: { kind: 'status', status } }
}

/** From a moment in the middle of the work on, for longer than any retry waits. */
function drawOutage(draw: Draw, busyMs: number, toMs: number): FaultRule {
  const fromMs = draw.int(0, Math.min(busyMs, toMs - 1))
  const action = draw.pick<FaultRule['do']>([
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503, hints: [{ header: 'retry-after', delayMs: 45_000 }] },
    // The last request of all has nobody to show that it is not to blame.
    { kind: 'status', status: busyMs >= 20_000 ? 500 : 503 },
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'hang' },
  ])
  return { id: 'outage', match: { fromMs, toMs }, do: action }
}
