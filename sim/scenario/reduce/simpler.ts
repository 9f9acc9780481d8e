/** Single steps that make a scenario simpler: a kind of trouble left out as a whole, a setting as it is most of the time. */
import type { FaultRule } from '../../../src/server/handler.ts'
import { driftingWayMsMin } from '../legal.ts'
import { otherParts } from '../parts.ts'
import type { CallStream, ModuleSettings, NetworkPhase, Scenario, WorkPlan } from '../types.ts'

/** Whole kinds of trouble: all at once, then each alone. */
export function withoutKinds(scenario: Scenario): Scenario[] {
  const { faults, tenants, wallJumps, driftPpm, network } = scenario
  const steps: ((from: Scenario) => Scenario)[] = [
    ...(faults.length > 0 ? [(from: Scenario) => ({ ...from, faults: [] })] : []),
    ...(tenants.length > 0 ? [(from: Scenario) => ({ ...from, tenants: [] })] : []),
    ...(wallJumps.length > 0 ? [(from: Scenario) => ({ ...from, wallJumps: [] })] : []),
    ...(scenario.lies === undefined ? [] : [(from: Scenario) => omit(from, 'lies')]),
    ...(scenario.topUp === undefined ? [] : [(from: Scenario) => omit(from, 'topUp')]),
    ...(network.length > 1
      ? [(from: Scenario) => ({ ...from, network: from.network.slice(0, 1) })]
      : []),
    ...(driftPpm === 0 ? [] : [(from: Scenario) => ({ ...from, driftPpm: 0 })]),
    ...otherParts(scenario).map((name) => (from: Scenario) => omit(from, name as keyof Scenario)),
  ]
  const calm = steps.reduce((from, step) => step(from), scenario)
  return [...(steps.length > 1 ? [calm] : []), ...steps.map((step) => step(scenario))]
}

/** Half of what is to be done: a run takes half as long. */
export function halved(scenario: Scenario): Scenario {
  const calls = scenario.calls.map((stream) => ({ ...stream, count: Math.ceil(stream.count / 2) }))
  const { works } = scenario
  if (works === undefined) return { ...scenario, calls }
  return {
    ...scenario,
    calls,
    works: works.map((work) => withItems(work, Math.ceil(work.items / 2))),
  }
}

export function withItems(work: WorkPlan, items: number): WorkPlan {
  return { ...work, items, poisons: work.poisons.filter(({ index }) => index < items) }
}

/** The way everything is most of the time. */
export function withDefaults(scenario: Scenario): Scenario[] {
  const { discardsPermits, countsRefused, enforcement, settings } = scenario
  const steps: Scenario[] = []
  if (discardsPermits) steps.push({ ...scenario, discardsPermits: false })
  if (scenario.viaFetch === true) steps.push(omit(scenario, 'viaFetch'))
  if (scenario.tokens !== undefined) steps.push(omit(scenario, 'tokens'))
  if (enforcement.kind !== 'sliding-log') {
    steps.push({ ...scenario, enforcement: { kind: 'sliding-log' } })
  }
  if (countsRefused) steps.push({ ...scenario, countsRefused: false })
  if (scenario.interface === 'full') steps.push({ ...scenario, interface: 'contract' })
  for (const simpler of simplerSettings(settings)) steps.push({ ...scenario, settings: simpler })
  return [...steps, ...simplerNetworks(scenario)]
}

function simplerSettings(settings: ModuleSettings): ModuleSettings[] {
  const { pacing, concurrencyMax, attemptTimeoutMs, serverDelayMsMax } = settings
  return [
    ...(pacing === 'even' ? [] : [{ ...settings, pacing: 'even' as const }]),
    ...(concurrencyMax === undefined ? [] : [omit(settings, 'concurrencyMax')]),
    ...(attemptTimeoutMs === 60_000 ? [] : [{ ...settings, attemptTimeoutMs: 60_000 }]),
    ...(serverDelayMsMax === 120_000 ? [] : [{ ...settings, serverDelayMsMax: 120_000 }]),
  ]
}

const simplePhase: Omit<NetworkPhase, 'fromMs'> = {
  out: { kind: 'fixed', ms: 4 * driftingWayMsMin },
  service: { kind: 'fixed', ms: 100 },
  back: { kind: 'fixed', ms: 4 * driftingWayMsMin },
  body: { kind: 'fixed', ms: 0 },
}

/** All ways of a phase at once, then each alone. */
function simplerNetworks(scenario: Scenario): Scenario[] {
  const { network } = scenario
  return network.flatMap((phase, at) => {
    const names = (['out', 'service', 'back', 'body'] as const).filter(
      (name) => JSON.stringify(phase[name]) !== JSON.stringify(simplePhase[name]),
    )
    const simpler = names.map((name) => ({ ...phase, [name]: simplePhase[name] }))
    const all = names.length > 1 ? [{ ...simplePhase, fromMs: phase.fromMs }] : []
    return [...all, ...simpler].map((instead) => ({
      ...scenario,
      network: network.with(at, instead),
    }))
  })
}

/** What a stream, a long run or a fault says besides what it is. */
export function withoutExtras(scenario: Scenario): Scenario[] {
  const { calls, works = [], faults } = scenario
  return [
    ...calls.flatMap((stream, at) =>
      plainerStreams(stream).map((plain) => ({ ...scenario, calls: calls.with(at, plain) })),
    ),
    ...works.flatMap((work, at) =>
      plainerWorks(work).map((plain) => ({ ...scenario, works: works.with(at, plain) })),
    ),
    ...faults.flatMap((rule, at) =>
      plainerFaults(rule).map((plain) => ({ ...scenario, faults: faults.with(at, plain) })),
    ),
  ]
}

function plainerStreams(stream: CallStream): CallStream[] {
  const steps: CallStream[] = []
  if (stream.spacing === 'random') steps.push({ ...stream, spacing: 'even' })
  for (const name of ['aborts', 'model', 'priority', 'deadlineMs'] as const) {
    if (stream[name] !== undefined) steps.push(omit(stream, name))
  }
  return steps
}

function plainerWorks(work: WorkPlan): WorkPlan[] {
  const steps: WorkPlan[] = []
  if (work.abortAfterMs !== undefined) steps.push(omit(work, 'abortAfterMs'))
  if (work.leavesAfter !== undefined) steps.push(omit(work, 'leavesAfter'))
  if (work.fallbackModels.length > 0) steps.push({ ...work, fallbackModels: [] })
  if (work.takingMs > 0) steps.push({ ...work, takingMs: 0 })
  if (work.file !== undefined && work.file.writeMs.maxMs > 0) {
    steps.push({ ...work, file: { ...work.file, writeMs: { minMs: 0, maxMs: 0 } } })
  }
  return steps
}

function plainerFaults(rule: FaultRule): FaultRule[] {
  const { do: action } = rule
  if (action.kind !== 'status') return []
  return (['hints', 'headers', 'beforeQuota'] as const)
    .filter((name) => action[name] !== undefined)
    .map((name) => ({ ...rule, do: omit(action, name) }))
}

function omit<T extends object>(from: T, name: keyof T): T {
  const { [name]: _gone, ...rest } = from
  // Only optional parts are left out.
  return rest as T
}
