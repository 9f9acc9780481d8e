/** A long run of the simulator made by hand: ten inputs, all handed out, unless a test says otherwise. */
import type { WorkPlan } from '../../sim/scenario/types.ts'
import {
  servedKey,
  type ServedRecord,
  type WorkInput,
  type WorkRecord,
  type WorkResult,
} from '../../sim/world/work-record.ts'

/** Ten requests, one after the other. @internal */
export function makePlan(changes: Partial<WorkPlan> = {}): WorkPlan {
  return {
    kind: 'requests',
    form: 'iterate',
    fromMs: 0,
    items: 10,
    batchSize: 1,
    inFlightMax: 1,
    outageMsMax: 60_000,
    model: 'chat',
    fallbackModels: [],
    poisons: [],
    takingMs: 0,
    ...changes,
  }
}

/** Input `index`; what the server says to it is `answer index`. @internal */
export function makeInput(index: number, changes: Partial<WorkInput> = {}): WorkInput {
  return { id: `id-${index}`, content: `item ${index}`, poison: undefined, ...changes }
}

/** The right result of an input. @internal */
export function makeResult(index: number, changes: Partial<WorkResult> = {}): WorkResult {
  const value = `answer ${index}`
  return {
    atMs: 100 * index,
    index,
    id: `id-${index}`,
    model: 'chat',
    value,
    status: undefined,
    ...changes,
  }
}

/** A run that began at 0 and completed at 2,000. @internal */
export function makeWork(changes: Partial<WorkRecord> = {}): WorkRecord {
  const plan = makePlan(changes.plan)
  const places = Array.from({ length: plan.items }, (_unused, index) => index)
  return {
    id: 0,
    plan,
    inputs: places.map((index) => makeInput(index)),
    startedAtMs: 0,
    abortedAtMs: undefined,
    endedAtMs: 2_000,
    end: 'completed',
    reason: undefined,
    claimed: undefined,
    starts: [],
    results: places.map((index) => makeResult(index)),
    signal: undefined,
    ...changes,
  }
}

/** What the server answered to ten inputs. @internal */
export function servedTen(): ServedRecord {
  return new Map(
    Array.from({ length: 10 }, (_unused, index) => [
      servedKey('chat', `item ${index}`),
      new Set([`answer ${index}`]),
    ]),
  )
}
