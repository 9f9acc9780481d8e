/** One run on one line of time: what was done to it, what it did, and what it was told. */
import * as Plot from '@observablehq/plot'
import { endingOf } from '../../digest.ts'
import type { AttemptRecord, RunRecord } from '../../world/record.ts'
import { pausesOf } from './backdrop.ts'
import { draw, narrowWidth } from './canvas.ts'
import type { Figure } from './figure.ts'
import type { Markup } from './markup.ts'
import type { TimeAxis } from './time-axis.ts'

const wideWidth = 1_000
const laneHeight = 24
const marginLeft = 84

interface Lane {
  name: string
  colour: string
  /** Instants, or stretches of time. */
  marks: { fromMs: number; toMs?: number }[]
}

export function plotTimeline(record: RunRecord, axis: TimeAxis): Figure {
  const lanes = lanesOf(record).filter(({ marks }) => marks.length > 0)
  return {
    title: 'The run on one line of time',
    plot: drawLanes(lanes, axis, narrowWidth),
    widePlot: drawLanes(lanes, axis, wideWidth),
    seen: 'Above what was done to the run, below what its calls did. Calls that begin at once, or requests sent at once, are one stroke.',
    bad: 'attempts of a paused model within its pause, retries that beat like a drum, or requests without calls.',
  }
}

function lanesOf(record: RunRecord): Lane[] {
  const { attempts, calls } = record
  return [
    ...lanesOfFaults(record),
    { name: 'pauses', colour: 'var(--amber)', marks: pausesOf(record) },
    lane(
      'calls begin',
      'var(--grey)',
      calls.map(({ startedAtMs }) => startedAtMs),
    ),
    lane('sent first', 'var(--blue)', sentMs(attempts.filter(({ number }) => number === 1))),
    lane('sent again', 'var(--green)', sentMs(attempts.filter(({ number }) => number > 1))),
    lane('429', 'var(--amber)', endedAtMs(attempts, 'refused')),
    lane('5xx 408 409', 'var(--red)', endedAtMs(attempts, 'server error')),
    lane('other 4xx', 'var(--violet)', endedAtMs(attempts, 'client error')),
    lane('network', 'var(--grey)', endedAtMs(attempts, 'network')),
    lane(
      'aborted',
      'var(--violet)',
      calls.flatMap(({ abortedAtMs }) => abortedAtMs ?? []),
    ),
    lane('call fails', 'var(--red)', calls.flatMap(failedAtMs)),
  ]
}

function lanesOfFaults({ scenario, works }: RunRecord): Lane[] {
  const { faults, tenants, wallJumps, faultsEndMs } = scenario
  const spans = faults.map(({ match }) => ({
    fromMs: match?.fromMs ?? 0,
    toMs: Math.min(match?.toMs ?? faultsEndMs, faultsEndMs),
  }))
  const crashes = works.flatMap(({ starts }) => starts.filter(({ end }) => end === 'crashed'))
  return [
    { name: 'faults', colour: 'var(--red)', marks: widestOf(spans) },
    { name: 'others send', colour: 'var(--violet)', marks: [...tenants] },
    lane(
      'clock jumps',
      'var(--ink)',
      wallJumps.map(({ atMs }) => atMs),
    ),
    lane(
      'crashes',
      'var(--red)',
      crashes.flatMap((start) => start.endedAtMs ?? []),
    ),
  ]
}

/** Most faults may come at any moment until their end; from the first to the last is one stretch. */
function widestOf(spans: readonly { fromMs: number; toMs: number }[]): Lane['marks'] {
  if (spans.length === 0) return []
  const fromMs = Math.min(...spans.map((span) => span.fromMs))
  return [{ fromMs, toMs: Math.max(...spans.map(({ toMs }) => toMs)) }]
}

function lane(name: string, colour: string, instantsMs: readonly number[]): Lane {
  return { name, colour, marks: instantsMs.map((fromMs) => ({ fromMs })) }
}

function sentMs(attempts: readonly AttemptRecord[]): number[] {
  return attempts.map(({ sentAtMs }) => sentAtMs)
}

function endedAtMs(
  attempts: readonly AttemptRecord[],
  ending: ReturnType<typeof endingOf>,
): number[] {
  return attempts
    .filter((attempt) => endingOf(attempt) === ending)
    .flatMap((attempt) => attempt.headersAtMs ?? attempt.endedAtMs ?? [])
}

function failedAtMs({ outcome, abortedAtMs, settledAtMs }: RunRecord['calls'][number]): number[] {
  const fails = outcome === 'rejected' && abortedAtMs === undefined
  return fails && settledAtMs !== undefined ? [settledAtMs] : []
}

function drawLanes(lanes: readonly Lane[], axis: TimeAxis, width: number): Markup {
  const pixelMs = axis.endMs / (width - marginLeft - 14)
  const bars = lanes.flatMap(({ name, colour, marks }) =>
    Plot.barX(
      joinPixels(marks, pixelMs, axis.endMs).map(({ fromMs, toMs }) => ({
        x1: axis.toUnit(fromMs),
        x2: axis.toUnit(toMs),
        y: name,
      })),
      { x1: 'x1', x2: 'x2', y: 'y', fill: colour, insetTop: 4, insetBottom: 4 },
    ),
  )
  return draw({
    label: `Timeline of the run. ${lanes.map(({ name, marks }) => `${name}: ${marks.length}`).join(', ')}`,
    width,
    height: 50 + laneHeight * lanes.length,
    marginTop: 6,
    marginLeft,
    x: { ...axis.scale, ticks: width > narrowWidth ? 12 : 5, grid: true },
    y: { label: null, domain: lanes.map(({ name }) => name), tickSize: 0 },
    marks: bars,
  })
}

/** Marks as the pixels that they darken; neighbours are one stroke, which else would shimmer and take a lot of bytes. */
function joinPixels(
  marks: Lane['marks'],
  pixelMs: number,
  lastMs: number,
): { fromMs: number; toMs: number }[] {
  const pixels = new Set<number>()
  for (const { fromMs, toMs = fromMs } of marks) {
    const last = Math.floor(Math.min(toMs, lastMs) / pixelMs)
    for (let pixel = Math.floor(fromMs / pixelMs); pixel <= last; pixel += 1) pixels.add(pixel)
  }
  const joined: { fromMs: number; toMs: number }[] = []
  for (const pixel of [...pixels].toSorted((one, two) => one - two)) {
    const last = joined.at(-1)
    const toMs = (pixel + 1) * pixelMs
    if (last !== undefined && pixel * pixelMs <= last.toMs) last.toMs = toMs
    else joined.push({ fromMs: pixel * pixelMs, toMs })
  }
  return joined
}
