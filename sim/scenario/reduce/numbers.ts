/** The numbers of a scenario that a smaller one may have less of. */
import type { FaultRule } from '../../../src/server/handler.ts'
import type { CallStream, FilePlan, Scenario, WorkPlan } from '../types.ts'
import type { Quantity } from './reduction.ts'
import { withItems } from './simpler.ts'

export function quantitiesOf(scenario: Scenario): Quantity[] {
  const { calls, works = [], faults, topUp, wallJumps, faultsEndMs, network } = scenario
  return [
    ...calls.flatMap((stream, at) =>
      ofStream(stream, (less) => ({ ...scenario, calls: calls.with(at, less) })),
    ),
    ...works.flatMap((work, at) =>
      ofWork(work, (less) => ({ ...scenario, works: works.with(at, less) })),
    ),
    ...(topUp === undefined
      ? []
      : [
          {
            value: topUp.waitingMin,
            min: 1,
            set: (waitingMin: number) => ({ ...scenario, topUp: { waitingMin } }),
          },
        ]),
    { value: faultsEndMs, min: 0, set: (endMs) => endingAt(scenario, endMs) },
    ...faults.flatMap((rule, at) =>
      ofFault(rule, (less) => ({ ...scenario, faults: faults.with(at, less) })),
    ),
    ...wallJumps.map((jump, at) => ({
      value: jump.atMs,
      min: 0,
      set: (atMs: number) => ({ ...scenario, wallJumps: wallJumps.with(at, { ...jump, atMs }) }),
    })),
    ...network.slice(1).map((phase, before) => ({
      value: phase.fromMs,
      min: (network[before]?.fromMs ?? 0) + 1,
      set: (fromMs: number) => ({
        ...scenario,
        network: network.with(before + 1, { ...phase, fromMs }),
      }),
    })),
  ]
}

function ofStream(stream: CallStream, put: (less: CallStream) => Scenario): Quantity[] {
  const { count, overMs, fromMs } = stream
  return [
    { value: count, min: 1, set: (value) => put({ ...stream, count: value }) },
    { value: overMs, min: 0, set: (value) => put({ ...stream, overMs: value }) },
    { value: fromMs, min: 0, set: (value) => put({ ...stream, fromMs: value }) },
  ]
}

function ofWork(work: WorkPlan, put: (less: WorkPlan) => Scenario): Quantity[] {
  const { items, fromMs, takingMs, abortAfterMs, leavesAfter, file } = work
  const quantities: Quantity[] = [
    { value: items, min: 1, set: (value) => put(withItems(work, value)) },
    { value: fromMs, min: 0, set: (value) => put({ ...work, fromMs: value }) },
    { value: takingMs, min: 0, set: (value) => put({ ...work, takingMs: value }) },
  ]
  if (abortAfterMs !== undefined) {
    const set = (value: number): Scenario => put({ ...work, abortAfterMs: value })
    quantities.push({ value: abortAfterMs, min: 0, set })
  }
  if (leavesAfter !== undefined) {
    const set = (value: number): Scenario => put({ ...work, leavesAfter: value })
    quantities.push({ value: leavesAfter, min: 1, set })
  }
  if (file !== undefined) quantities.push(...ofFile(file, (less) => put({ ...work, file: less })))
  return quantities
}

function ofFile(file: FilePlan, put: (less: FilePlan) => Scenario): Quantity[] {
  return file.crashes.map((crash, at) => ({
    value: crash.afterMs,
    min: 1,
    set: (afterMs) => put({ ...file, crashes: file.crashes.with(at, { ...crash, afterMs }) }),
  }))
}

/** More places than these are not worth a search each. */
const placesMax = 6

function ofFault(rule: FaultRule, put: (less: FaultRule) => Scenario): Quantity[] {
  const { match = {}, do: action } = rule
  const { fromMs = 0, toMs, nth, nths } = match
  const quantities: Quantity[] = []
  if (nth !== undefined) {
    const set = (value: number): Scenario => put({ ...rule, match: { ...match, nth: value } })
    quantities.push({ value: nth, min: 1, set })
  }
  const places = nths ?? []
  for (const [at, place] of places.length > placesMax ? [] : places.entries()) {
    // Each place once.
    const min = (places[at - 1] ?? 0) + 1
    const set = (value: number): Scenario =>
      put({ ...rule, match: { ...match, nths: places.with(at, value) } })
    quantities.push({ value: place, min, set })
  }
  if (fromMs > 0) {
    const set = (value: number): Scenario => put({ ...rule, match: { ...match, fromMs: value } })
    quantities.push({ value: fromMs, min: 0, set })
  }
  if (toMs !== undefined) {
    const set = (value: number): Scenario => put({ ...rule, match: { ...match, toMs: value } })
    quantities.push({ value: toMs, min: fromMs + 1, set })
  }
  if (action.kind === 'delay') {
    const set = (delayMs: number): Scenario => put({ ...rule, do: { ...action, delayMs } })
    quantities.push({ value: action.delayMs, min: 1, set })
  }
  return quantities
}

/** All that goes wrong ends with the faults. */
function endingAt(scenario: Scenario, endMs: number): Scenario {
  const { faults, tenants, lies } = scenario
  return {
    ...scenario,
    faults: faults.map((rule) => {
      const toMs = Math.min(endMs, rule.match?.toMs ?? endMs)
      return { ...rule, match: { ...rule.match, toMs } }
    }),
    tenants: tenants.map((tenant) => ({ ...tenant, toMs: Math.min(endMs, tenant.toMs) })),
    ...(lies === undefined || faults.length === 0
      ? {}
      : {
          lies: lies.map((lie) =>
            lie.tightens ? { ...lie, toMs: Math.min(endMs, lie.toMs) } : lie,
          ),
        }),
    faultsEndMs: endMs,
  }
}
