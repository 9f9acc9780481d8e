/** Draws long runs, and what they have to outlast: texts that are refused, a model that is down, an outage, an end. */
import type { FaultRule } from '../../src/server/handler.ts'
import type { Draw } from '../world/draw.ts'
import type { CallStream, FilePlan, WorkPlan } from './types.ts'

/** One or two runs beside a few calls of others. */
export function drawWorks(draw: Draw): { works: WorkPlan[]; calls: CallStream[]; busyMs: number } {
  if (draw.chance(400)) return drawFileWork(draw)
  const kinds = draw.pick<WorkPlan['kind'][]>([
    ['embed'],
    ['requests'],
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
  } = drawWork(draw, draw.pick(['embed', 'requests'] as const))
  const busyMs = Math.ceil(10_000 + (work.items / work.batchSize) * 200)
  const file = drawFile(draw, busyMs)
  return {
    works: [{ ...work, form: 'file', takingMs: 0, file }],
    calls: [{ fromMs: 0, count: 1, overMs: 0, spacing: 'even', endpoint: 'chat' }],
    busyMs,
  }
}

function drawFile(draw: Draw, busyMs: number): FilePlan {
  const crashes = Array.from({ length: draw.int(0, 4) }, () => ({
    kind: draw.pick(['process', 'process', 'machine'] as const),
    afterMs: draw.int(1, draw.pick([3_000, busyMs])),
  }))
  const fullFromMs = draw.int(0, 15_000)
  const isFull = draw.chance(250)
  return {
    crashes,
    writeMs: draw.pick([
      { minMs: 0, maxMs: 2 },
      { minMs: 1, maxMs: 50 },
      { minMs: 100, maxMs: 2_000 },
    ]),
    full: isFull ? [{ fromMs: fullFromMs, toMs: fullFromMs + 1_000 }] : [],
  }
}

function drawWork(draw: Draw, kind: WorkPlan['kind']): WorkPlan {
  const isEmbedding = kind === 'embed'
  const items = isEmbedding ? draw.int(1, 250) : draw.int(1, 120)
  const inFlightMax = draw.pick([128, 128, 16, 4, 1])
  const batchSize = isEmbedding ? draw.pick([20, 20, 7, 1]) : 1
  const form = draw.pick(['iterate', 'iterate', 'promise'] as const)
  const hasFallbacks = !isEmbedding && draw.chance(500)
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
  return form === 'iterate' && draw.chance(150) ? { leavesAfter: draw.int(1, 100) } : {}
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
  if (draw.chance(150)) faults.push(drawStop(draw, toMs))
  if (draw.chance(300)) {
    const do503 = { kind: 'status', status: 503 } as const
    const fromMs = draw.int(0, Math.min(busyMs >> 1, toMs - 1))
    const match = { model: 'simulated/chat', fromMs, toMs }
    faults.push({ id: 'model-down', match, do: do503 })
  }
  if (draw.chance(500)) faults.push(drawOutage(draw, busyMs, toMs))
  if (draw.chance(300)) {
    const match = { fromMs: draw.int(0, Math.min(busyMs, toMs - 1)), toMs }
    faults.push({ id: 'quota-cut', match, do: { kind: 'quota', share: 0.05 } })
  }
  return faults
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
    { kind: 'status', status: 500 },
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'hang' },
  ])
  return { id: 'outage', match: { fromMs, toMs }, do: action }
}
