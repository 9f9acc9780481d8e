/** Draws what goes wrong: the server's fault plan, each kind of fault on or off, all of it over by `faultsEndMs`. */
import type { FaultRule } from '../../src/server/handler.ts'
import { Draw } from '../world/draw.ts'
import { drawQuotaFaults } from './draw-counting.ts'
import { drawDynamicFaults } from './draw-dynamic.ts'
import { drawWorkFaults } from './draw-works.ts'
import type { Scenario, WallJump } from './types.ts'

export interface FaultsFrame {
  seed: number
  theme: Scenario['theme']
  interface: Scenario['interface']
  driftPpm: number
  wallJumps: readonly WallJump[]
  /** Nothing changes in the course of the run. */
  isSteady: boolean
}

type StatusAction = Extract<FaultRule['do'], { kind: 'status' }>
type Hints = NonNullable<StatusAction['hints']>

export function drawFaults(
  draw: Draw,
  frame: FaultsFrame,
  busyMs: number,
): { faults: FaultRule[]; faultsEndMs: number } {
  if (frame.isSteady) return { faults: [], faultsEndMs: 0 }
  // A long run outlasts what any call would fail by.
  const faultsEndMs =
    frame.theme === 'work'
      ? draw.pick([20_000, 60_000, 400_000, 2_000_000])
      : Math.floor((busyMs * draw.int(30, 90)) / 100)
  if (frame.theme === 'dynamic') {
    return { faults: drawDynamicFaults(draw, faultsEndMs), faultsEndMs }
  }
  const faults: FaultRule[] = []
  if (frame.theme === 'outage') faults.push(drawOutage(draw, faultsEndMs))
  if (frame.theme === 'work') faults.push(...drawWorkFaults(draw, busyMs, faultsEndMs))
  if (allowsRefusals(draw, frame)) faults.push(...drawRefusals(draw, frame, faultsEndMs))
  faults.push(...drawFailures(draw, frame, faultsEndMs), ...drawNetworkFaults(draw, faultsEndMs))
  // First of all, since the first rule of a stage that ends a request ends the search.
  faults.unshift(...drawQuotaFaults(new Draw(frame.seed, 'quota-faults'), frame, faultsEndMs))
  return { faults, faultsEndMs }
}

/** Refusals for rate would hide those that the quota itself must never cause. */
function isCalm({ theme }: FaultsFrame): boolean {
  return theme === 'quota' || theme === 'tokens'
}

/** Half of the long runs are never refused for rate but by the server's own count. */
function allowsRefusals(draw: Draw, frame: FaultsFrame): boolean {
  return frame.theme === 'work' ? draw.chance(500) : !isCalm(frame)
}

/** For a while nothing works: what a budget is for. */
function drawOutage(draw: Draw, faultsEndMs: number): FaultRule {
  const fromMs = draw.int(0, Math.floor(faultsEndMs / 3))
  const action = draw.pick<FaultRule['do']>([
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503, hints: [{ header: 'retry-after', delayMs: 2_000 }] },
    { kind: 'status', status: 500 },
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
  ])
  return { id: 'outage', match: { fromMs, toMs: faultsEndMs }, do: action }
}

/** Refusals for rate and for jobs that no quota explains. */
function drawRefusals(draw: Draw, frame: FaultsFrame, toMs: number): FaultRule[] {
  const rules: FaultRule[] = []
  if (draw.chance(600)) {
    for (const index of [0, 1]) {
      rules.push({
        id: `refusal-${index}`,
        match: { toMs, perMille: draw.int(2, 60) },
        do: {
          kind: 'status',
          status: 429,
          ...drawHint(draw, frame),
          beforeQuota: draw.chance(500),
        },
      })
    }
  }
  // A queue that is kept full would be turned away call by call for as long as such a pause lasts.
  if (draw.chance(80) && frame.theme !== 'recovery') {
    rules.unshift({
      id: 'long-refusal',
      match: { toMs, nth: draw.int(5, 60) },
      do: {
        kind: 'status',
        status: 429,
        hints: [{ header: 'retry-after', delayMs: draw.int(130, 3_600) * 1_000 }],
      },
    })
  }
  if (draw.chance(300)) {
    rules.push({
      id: 'conflict',
      match: { endpoint: 'fine-tunes', toMs, perMille: 400 },
      do: { kind: 'status', status: 409 },
    })
  }
  return rules
}

/** What an answer says of waiting; sometimes nothing, sometimes nonsense. */
function drawHint(draw: Draw, frame: FaultsFrame): Pick<StatusAction, 'hints' | 'headers'> {
  const delayMs = draw.int(1, 20) * 1_000
  // A date is judged by a wall clock that neither drifts nor jumps.
  const allowsDates = frame.driftPpm === 0 && frame.wallJumps.length === 0
  const kinds = ['retry-after', 'retry-after', 'none', 'nonsense', 'both', 'reset', 'ms'] as const
  const kind = draw.pick(allowsDates ? [...kinds, 'date', 'date'] : kinds)
  switch (kind) {
    case 'none':
      return {}
    case 'nonsense':
      return { headers: { 'retry-after': draw.pick(nonsense(frame)) } }
    case 'both':
      return {
        hints: [
          ...hint('retry-after', delayMs).hints,
          ...hint('x-ratelimit-reset', delayMs - 400).hints,
        ],
      }
    case 'date':
      return hint('retry-after-date', delayMs)
    case 'reset':
      return hint('x-ratelimit-reset', delayMs - 300)
    case 'ms':
      return hint('retry-after-ms', delayMs - 50)
    default:
      return hint('retry-after', delayMs)
  }
}

/** A number beyond reason is by its form a valid one, which a module from outside may follow. */
function nonsense(frame: FaultsFrame): [string, ...string[]] {
  const texts: [string, ...string[]] = ['soon', '-5', 'NaN', '']
  return frame.interface === 'full' ? [...texts, '99999999999999999999'] : texts
}

function hint(header: Hints[number]['header'], delayMs: number): { hints: Hints } {
  return { hints: [{ header, delayMs }] }
}

/** Answers that are errors: some of them curable, some not. */
function drawFailures(draw: Draw, frame: FaultsFrame, toMs: number): FaultRule[] {
  const rules: FaultRule[] = []
  const isWork = frame.theme === 'work'
  // A request that fails three times for good is taken for one that the server stumbles over.
  const isSeldom = isCalm(frame) || isWork
  const add = (status: number, perMille: number): void => {
    const hints = status === 503 && draw.chance(400) ? drawHint(draw, frame) : {}
    rules.push({
      id: `status-${status}`,
      match: { toMs, perMille },
      do: { kind: 'status', status, ...hints },
    })
  }
  if (draw.chance(500)) add(503, draw.int(5, isSeldom ? 30 : 120))
  if (draw.chance(300))
    add(draw.pick([500, 502, 504, 520, 524, 529, 408]), draw.int(5, isSeldom ? 20 : 80))
  // Of a long run's requests, every server refuses the same ones.
  if (!isWork && draw.chance(400))
    add(draw.pick([400, 401, 402, 403, 404, 413, 422]), draw.int(5, 40))
  return rules
}

function drawNetworkFaults(draw: Draw, toMs: number): FaultRule[] {
  const rules: FaultRule[] = []
  const add = (id: string, perMilleMax: number, action: FaultRule['do']): void => {
    if (draw.chance(400))
      rules.push({ id, match: { toMs, perMille: draw.int(2, perMilleMax) }, do: action })
  }
  add('lost', 30, { kind: 'drop', when: 'before' })
  add('cut-off', 30, { kind: 'drop', when: 'after' })
  add('hang', 6, { kind: 'hang' })
  add('truncated', 20, { kind: 'truncate' })
  add('slow', 20, { kind: 'delay', delayMs: draw.int(500, 20_000) })
  return rules
}
