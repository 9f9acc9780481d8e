/** The lists of a scenario: all that may be left out of it piece by piece. */
import type { FaultRule } from '../../../src/server/handler.ts'
import { otherParts } from '../parts.ts'
import type { FilePlan, Scenario, WorkPlan } from '../types.ts'
import type { Parts } from './reduction.ts'

/** In the order in which they are tried: what makes a run long comes first. */
export const lists: readonly Parts[] = [
  listOf(
    ({ calls }) => calls,
    (scenario, calls) => ({ ...scenario, calls }),
  ),
  listOf(({ works = [] }) => works, withWorks),
  listOf(
    ({ faults }) => faults,
    (scenario, faults) => ({ ...scenario, faults }),
  ),
  listOf(
    ({ tenants }) => tenants,
    (scenario, tenants) => ({ ...scenario, tenants }),
  ),
  listOf(
    ({ wallJumps }) => wallJumps,
    (scenario, wallJumps) => ({ ...scenario, wallJumps }),
  ),
  listOf(
    ({ lies = [] }) => lies,
    (scenario, lies) => {
      if (lies.length > 0) return { ...scenario, lies }
      const { lies: _none, ...rest } = scenario
      return rest
    },
  ),
  // The first says how it all begins.
  listOf(
    ({ network }) => network.slice(1),
    (scenario, later) => ({ ...scenario, network: [...scenario.network.slice(0, 1), ...later] }),
  ),
  listInWorks(
    ({ poisons }) => poisons,
    (work, poisons) => ({ ...work, poisons }),
  ),
  listInFiles(
    ({ crashes }) => crashes,
    (file, crashes) => ({ ...file, crashes }),
  ),
  listInFiles(
    ({ full }) => full,
    (file, full) => ({ ...file, full }),
  ),
  listInWorks(
    ({ othersAtMs = [] }) => othersAtMs,
    (work, othersAtMs) => ({ ...work, othersAtMs }),
  ),
  {
    count: ({ faults }) => faults.reduce((sum, rule) => sum + hitsOf(rule).length, 0),
    without: (scenario, from, to) => {
      const keeps = countOut(from, to)
      const faults = scenario.faults.map((rule) => withHits(rule, hitsOf(rule).filter(keeps)))
      return { ...scenario, faults }
    },
  },
  {
    count: ({ calls }) => calls.reduce((sum, { aborts = [] }) => sum + aborts.length, 0),
    without: (scenario, from, to) => {
      const keeps = countOut(from, to)
      const calls = scenario.calls.map((stream) =>
        stream.aborts === undefined ? stream : { ...stream, aborts: stream.aborts.filter(keeps) },
      )
      return { ...scenario, calls }
    },
  },
  { count: (scenario) => elements(scenario).length, without: withoutElements },
]

/** The requests that a fault names; one that is hit by nobody is left out as a whole. */
function hitsOf({ match }: FaultRule): readonly number[] {
  return match?.nths ?? []
}

function withHits(rule: FaultRule, nths: readonly number[]): FaultRule {
  return rule.match?.nths === undefined ? rule : { ...rule, match: { ...rule.match, nths } }
}

/** For a filter over several lists: false from one place to before another, counted over all of them. */
function countOut(from: number, to: number): () => boolean {
  let index = -1
  return () => {
    index += 1
    return index < from || index >= to
  }
}

function listOf<T>(
  get: (scenario: Scenario) => readonly T[],
  set: (scenario: Scenario, items: T[]) => Scenario,
): Parts {
  return {
    count: (scenario) => get(scenario).length,
    without: (scenario, from, to) =>
      set(
        scenario,
        get(scenario).filter((_item, index) => index < from || index >= to),
      ),
  }
}

/** Those of all long runs, one list after the other. */
function listInWorks<T>(
  get: (work: WorkPlan) => readonly T[],
  set: (work: WorkPlan, items: T[]) => WorkPlan,
): Parts {
  return {
    count: ({ works = [] }) => works.reduce((sum, work) => sum + get(work).length, 0),
    without: (scenario, from, to) => {
      const keeps = countOut(from, to)
      const works = (scenario.works ?? []).map((work) => set(work, get(work).filter(keeps)))
      return withWorks(scenario, works)
    },
  }
}

function listInFiles<T>(
  get: (file: FilePlan) => readonly T[],
  set: (file: FilePlan, items: T[]) => FilePlan,
): Parts {
  return listInWorks(
    ({ file }) => (file === undefined ? [] : get(file)),
    (work, items) => (work.file === undefined ? work : { ...work, file: set(work.file, items) }),
  )
}

function withWorks(scenario: Scenario, works: WorkPlan[]): Scenario {
  if (works.length > 0) return { ...scenario, works }
  const { works: _none, ...rest } = scenario
  return rest
}

/** Of all lists that are not known by name. */
function elements(scenario: Scenario): { name: string; index: number }[] {
  const fields = new Map<string, unknown>(Object.entries(scenario))
  return otherParts(scenario).flatMap((name) => {
    const field = fields.get(name)
    return Array.isArray(field) ? field.map((_element, index) => ({ name, index })) : []
  })
}

function withoutElements(scenario: Scenario, from: number, to: number): Scenario {
  const gone = elements(scenario).slice(from, to)
  const fields = Object.entries(scenario).map(([name, field]: [string, unknown]) => {
    const indexes = new Set(gone.filter((each) => each.name === name).map(({ index }) => index))
    if (indexes.size === 0 || !Array.isArray(field)) return [name, field] as const
    return [name, field.filter((_element, index) => !indexes.has(index))] as const
  })
  return Object.fromEntries(fields) as unknown as Scenario
}
