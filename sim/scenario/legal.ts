/**
 * Which scenarios are fair: those in which a module that keeps its promises breaks none.
 *
 * What is drawn is fair by how it is drawn. What is made of it, by leaving out and making smaller, has to be looked at
 * again: a scenario that asks for more than was promised would blame a module that is right.
 */
import type { FaultRule } from '../../src/server/handler.ts'
import type { Latency, Scenario, WorkPlan } from './types.ts'

/** What is wrong with a scenario; undefined where nothing is. */
export function findUnfair(scenario: Scenario): string | undefined {
  return rules.find(([isKept]) => !isKept(scenario))?.[1]
}

type Rule = readonly [isKept: (scenario: Scenario) => boolean, complaint: string]

const rules: readonly Rule[] = [
  [hasWork, 'there is nothing to do'],
  [({ calls }) => calls.every(({ count }) => count >= 1), 'a stream has no calls'],
  [hasWholeTimes, 'a time is no whole number of milliseconds from 0 on'],
  [({ network }) => isInOrder(network.map(({ fromMs }) => fromMs)), 'the network has no beginning'],
  [hasBoundedWays, 'a request may be on its way for longer than the bound'],
  [leavesDriftItsMargin, 'a clock drifts, and a way is too short or as long as the bound'],
  [endsInTime, 'something goes wrong after the end of the faults'],
  [({ faults }) => areDistinct(faults.map(({ id }) => id)), 'a fault has no name of its own'],
  [({ faults }) => faults.every(happens), 'a fault is over before it begins, or meets nobody'],
  [hasTrueDates, 'a date is named by a wall clock that drifts or jumps'],
  [isLeftAlone, 'the quota is judged, and somebody else takes of it or refuses'],
  [staysInContract, 'the contract has no interface for what is asked'],
  [({ works = [] }) => works.every(isFairWork), 'a long run cannot be done as it is planned'],
  [blamesNobody, 'a long run is answered as if its content were to blame'],
  [outlastsStumbling, 'the last request of a long run has nobody to show that it is not to blame'],
]

function hasWork({ calls, works = [] }: Scenario): boolean {
  return calls.length + works.length > 0
}

function hasWholeTimes(scenario: Scenario): boolean {
  const { calls, faultsEndMs, tenants, wallJumps, works = [] } = scenario
  const times = [
    faultsEndMs,
    ...calls.flatMap(({ fromMs, overMs }) => [fromMs, overMs]),
    ...tenants.flatMap(({ fromMs, toMs, everyMs }) => [fromMs, toMs, everyMs]),
    ...wallJumps.map(({ atMs }) => atMs),
    ...works.flatMap(({ fromMs, takingMs, abortAfterMs = 0 }) => [fromMs, takingMs, abortAfterMs]),
  ]
  return times.every((ms) => Number.isInteger(ms) && ms >= 0)
}

function isInOrder(instants: readonly number[]): boolean {
  return instants.every((atMs, index) =>
    index === 0 ? atMs === 0 : atMs > (instants[index - 1] ?? atMs),
  )
}

function hasBoundedWays({ network, arrivalBoundMs }: Scenario): boolean {
  const latencies = network.flatMap(({ out, service, back, body }) => [out, service, back, body])
  return (
    latencies.every((latency) => shortestMs(latency) >= 0 && isOrdered(latency)) &&
    network.every(({ out }) => longestMs(out) <= arrivalBoundMs)
  )
}

function isOrdered(latency: Latency): boolean {
  return shortestMs(latency) <= longestMs(latency)
}

/** The least that ways may take under a clock that drifts. */
export const driftingWayMsMin = 5
const driftMarginMs = 50

function leavesDriftItsMargin({ driftPpm, network, arrivalBoundMs }: Scenario): boolean {
  if (driftPpm === 0) return true
  return network.every(
    ({ out, back }) =>
      shortestMs(out) >= driftingWayMsMin &&
      shortestMs(back) >= driftingWayMsMin &&
      longestMs(out) <= arrivalBoundMs - driftMarginMs,
  )
}

function endsInTime(scenario: Scenario): boolean {
  const { faults, tenants, wallJumps, lies = [], faultsEndMs } = scenario
  const { stalls = [], restarts = [], quirks = [] } = scenario
  const ends = [
    ...faults.map(({ match }) => match?.toMs ?? Number.POSITIVE_INFINITY),
    ...tenants.map(({ toMs }) => toMs),
    ...wallJumps.map(({ atMs }) => atMs),
    ...stalls.map(({ atMs, lastsMs }) => atMs + lastsMs),
    ...restarts.map(({ atMs }) => atMs),
    ...quirks.map(({ toMs = Infinity }) => toMs),
    // Where there are no faults it is told to the end.
    ...(faults.length === 0 ? [] : lies.filter(({ tightens }) => tightens)).map(({ toMs }) => toMs),
  ]
  return ends.every((endMs) => endMs <= faultsEndMs)
}

function areDistinct(ids: readonly (string | undefined)[]): boolean {
  return !ids.includes(undefined) && new Set(ids).size === ids.length
}

function happens({ match = {} }: FaultRule): boolean {
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY, nths } = match
  return fromMs < toMs && nths?.length !== 0
}

function hasTrueDates({ faults, driftPpm, wallJumps }: Scenario): boolean {
  if (driftPpm === 0 && wallJumps.length === 0) return true
  return !faults.some(
    ({ do: action }) =>
      action.kind === 'status' &&
      action.hints?.some(({ header }) => header === 'retry-after-date') === true,
  )
}

/** Other faults may be: the themes say by what the seeds were drawn, and so what must not be there. */
function isLeftAlone({ theme, tenants, faults }: Scenario): boolean {
  if (theme !== 'quota' && theme !== 'tokens') return true
  return tenants.length === 0 && !faults.some(({ do: action }) => refuses(action))
}

function refuses(action: FaultRule['do']): boolean {
  return action.kind === 'status' && action.status === 429
}

function staysInContract(scenario: Scenario): boolean {
  if (scenario.interface === 'full') return !scenario.discardsPermits
  const { viaFetch, tokens, dynamic, lies, works, calls } = scenario
  return (
    [viaFetch, tokens, dynamic, lies, works].every((part) => part === undefined) &&
    calls.every(
      ({ endpoint, model, priority, aborts, deadlineMs }) =>
        endpoint === 'chat' &&
        [model, priority, aborts, deadlineMs].every((part) => part === undefined),
    )
  )
}

function isFairWork(work: WorkPlan): boolean {
  const { items, batchSize, inFlightMax, form, file, takingMs, leavesAfter, poisons } = work
  if ([items, batchSize, inFlightMax].some((count) => !Number.isInteger(count) || count < 1)) {
    return false
  }
  if ((form === 'file') !== (file !== undefined)) return false
  if (form !== 'iterate' && (takingMs > 0 || leavesAfter !== undefined)) return false
  const places = poisons.map(({ index }) => index)
  if (new Set(places).size < places.length) return false
  return places.every((place) => place >= 0 && place < items) && showsStumbling(work)
}

/** Over which item the server stumbles, others have to show, by succeeding: enough of them, and in time. */
function showsStumbling({
  items,
  batchSize,
  inFlightMax,
  outageMsMax,
  poisons,
}: WorkPlan): boolean {
  const stumbling = poisons.filter(({ status }) => status >= 500)
  if (stumbling.length === 0) return true
  return (
    stumbling.length === 1 &&
    stumbling.every(({ index }) => index <= items >> 2) &&
    items >= 40 &&
    (batchSize > 1 || inFlightMax >= 16) &&
    outageMsMax >= 7_200_000
  )
}

const blaming: ReadonlySet<number> = new Set([400, 403, 404, 413, 422])

function blamesNobody({ works = [], faults }: Scenario): boolean {
  if (works.length === 0) return true
  return !faults.some(({ do: action }) => action.kind === 'status' && blaming.has(action.status))
}

/** Requests that a long run has to have where the whole service answers with errors for a while, but for rounding. */
const requestsMin = 49.995

function outlastsStumbling({ works = [], faults }: Scenario): boolean {
  // A job is no item that others could show to be to blame.
  const runs = works.filter(({ kind }) => kind !== 'fine-tunes')
  const requests = runs.reduce((sum, { items, batchSize }) => sum + items / batchSize, 0)
  if (runs.length === 0 || requests >= requestsMin) return true
  return !faults.some(({ do: action, match = {} }) => {
    const { perMille, nth, nths } = match
    const isWhole = [perMille, nth, nths].every((limit) => limit === undefined)
    return isWhole && action.kind === 'status' && action.status >= 500 && action.status !== 503
  })
}

export function shortestMs(latency: Latency): number {
  return latency.kind === 'fixed' ? latency.ms : latency.minMs
}

export function longestMs(latency: Latency): number {
  return latency.kind === 'fixed' ? latency.ms : latency.maxMs
}
