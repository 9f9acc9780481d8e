/** Draws the workload: who calls what, when, and how patiently. */
import type { EndpointClass } from '../../src/core/profile.ts'
import { Draw } from '../world/draw.ts'
import { drawDynamicCalls } from './draw-dynamic.ts'
import { drawProfileCalls } from './draw-profile.ts'
import { drawWorks } from './draw-works.ts'
import type { CallStream, Scenario, TopUp, WorkPlan } from './types.ts'

export interface CallsFrame {
  seed: number
  profile: string
  theme: Scenario['theme']
  interface: Scenario['interface']
  /** Nothing changes in the course of the run, which is long enough to show how full the quota is. */
  isSteady: boolean
}

export interface DrawnCalls {
  calls: CallStream[]
  topUp?: TopUp
  works?: WorkPlan[]
  /** About how long the work takes, in milliseconds. */
  busyMs: number
}

export function drawCalls(draw: Draw, frame: CallsFrame): DrawnCalls {
  if (frame.theme === 'dynamic') return drawDynamicCalls(draw)
  if (frame.theme === 'work') return drawWorks(draw)
  if (frame.profile !== 'documented') return drawUnderProfile(draw, frame)
  const drawn = drawTheme(draw, frame)
  scatter(new Draw(frame.seed, 'poisson'), drawn.calls)
  if (frame.interface === 'contract') return drawn
  return {
    ...drawn,
    calls: [...drawn.calls.map((stream) => vary(draw, stream)), ...drawOthers(draw, drawn.busyMs)],
  }
}

function drawUnderProfile(draw: Draw, frame: CallsFrame): DrawnCalls {
  const drawn = drawProfileCalls(draw, frame.profile, frame)
  if (frame.interface === 'contract') return drawn
  // A model with a limit of its own keeps its name.
  const calls = drawn.calls.map((stream) =>
    stream.model === undefined ? vary(draw, stream) : stream,
  )
  return { ...drawn, calls }
}

function drawTheme(draw: Draw, { theme, isSteady }: CallsFrame): DrawnCalls {
  switch (theme) {
    case 'tokens': {
      const count = draw.int(600, 800)
      return { calls: [chat(0, count, draw.pick([0, 30_000]), 'random')], busyMs: count * 250 }
    }
    case 'quota':
      return drawSaturation(draw, isSteady)
    case 'storm':
      return drawTraffic(draw)
    case 'outage': {
      const perSecond = draw.int(3, 7)
      const overMs = draw.int(100, 180) * 1_000
      return { calls: [chat(0, (perSecond * overMs) / 1_000, overMs, 'even')], busyMs: overMs }
    }
    default:
      return {
        calls: [chat(0, draw.int(150, 500), draw.pick([0, 30_000]), 'random')],
        topUp: { waitingMin: draw.int(40, 150) },
        busyMs: 90_000,
      }
  }
}

/**
 * More work than the quota takes, in the shapes that catch the known mistakes. What is steady is so for as long as it takes to
 * see how full the quota is; elsewhere the second window's first calls are what matters.
 */
function drawSaturation(draw: Draw, isSteady: boolean): DrawnCalls {
  const count = isSteady ? draw.int(1_900, 2_200) : draw.int(650, 900)
  const busyMs = count * 100
  switch (draw.pick(['flood', 'flood', 'idle-then-flood', 'boundary', 'waves'])) {
    case 'flood':
      return { calls: [chat(0, count, draw.pick([0, 0, 2_000, 40_000]), 'random')], busyMs }
    case 'idle-then-flood': {
      const idleMs = draw.int(130, 500) * 1_000
      return {
        calls: [chat(0, 10, 2_000, 'even'), chat(idleMs, count, 0, 'even')],
        busyMs: idleMs + busyMs,
      }
    }
    case 'boundary':
      return {
        calls: [chat(0, 1, 0, 'even'), chat(draw.int(58_000, 59_999), count, 0, 'even')],
        busyMs,
      }
    default: {
      const everyMs = draw.int(20, 70) * 1_000
      const waves = [0, 1, 2, 3].map((wave) =>
        chat(wave * everyMs, Math.floor(count / 4), 0, 'even'),
      )
      return { calls: waves, busyMs: Math.max(busyMs, 4 * everyMs) }
    }
  }
}

/** Traffic around and mostly below the quota: what happens to single calls matters here. */
function drawTraffic(draw: Draw): DrawnCalls {
  const overMs = draw.int(40, 90) * 1_000
  const perMinute = draw.chance(150) ? draw.int(600, 1_000) : draw.int(100, 600)
  const steady = chat(0, Math.ceil((perMinute * overMs) / 60_000), overMs, 'random')
  const bursts = draw.chance(500) ? [chat(draw.int(0, overMs), draw.int(20, 200), 0, 'even')] : []
  return { calls: [steady, ...bursts], busyMs: overMs }
}

/** Of what comes bit by bit, some comes as it does from many who know nothing of one another: in clusters and gaps. */
function scatter(draw: Draw, streams: readonly CallStream[]): void {
  for (const stream of streams) {
    if (stream.overMs > 0 && stream.count > 1 && draw.chance(400)) stream.spacing = 'poisson'
  }
}

/** The same stream as the shipped module's users would call it: models, priorities, aborts, deadlines. */
function vary(draw: Draw, stream: CallStream): CallStream {
  return {
    ...stream,
    ...(draw.chance(500) ? { model: 'simulated/other-chat' } : {}),
    ...(draw.chance(300)
      ? { abortPerMille: draw.int(10, 200), abortAfterMsMax: draw.int(10, 60_000) }
      : {}),
    ...(draw.chance(200) ? { deadlineMs: draw.int(2_000, 120_000) } : {}),
  }
}

/** Other classes beside it, each on or off. */
function drawOthers(draw: Draw, busyMs: number): CallStream[] {
  const others: CallStream[] = []
  const add = (endpoint: EndpointClass, count: number, overMs: number): void => {
    others.push({ fromMs: draw.int(0, 5_000), count, overMs, spacing: 'random', endpoint })
  }
  if (draw.chance(500)) add('embeddings', draw.int(50, 500), draw.pick([0, busyMs]))
  if (draw.chance(300)) add('images', draw.int(20, 250), draw.pick([0, busyMs]))
  if (draw.chance(300)) add('fine-tunes', draw.int(2, 9), draw.pick([0, 60_000]))
  if (draw.chance(300)) add('batches', draw.int(5, 30), draw.pick([0, 60_000]))
  if (draw.chance(300)) {
    others.push({
      ...chat(draw.int(0, 20_000), draw.int(5, 60), 10_000, 'random'),
      priority: draw.pick([5, -5]),
    })
  }
  return others
}

function chat(
  fromMs: number,
  count: number,
  overMs: number,
  spacing: CallStream['spacing'],
): CallStream {
  return { fromMs, count: Math.floor(count), overMs, spacing, endpoint: 'chat' }
}
