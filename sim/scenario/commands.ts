/**
 * A scenario as a list of commands, a line each: what is asked, and what goes wrong when. What the module is set to and how
 * the server counts are the world in which they happen, and no commands.
 */
import type { FaultRule } from '../../src/server/handler.ts'
import { isFixedPart } from './parts.ts'
import type { CallStream, Latency, Scenario, WorkPlan } from './types.ts'

/** Readable, in the order of a scenario's fields. */
export function listCommands(scenario: Scenario): string[] {
  const { calls, works = [], topUp, faults, tenants, wallJumps, lies = [], network } = scenario
  return [
    ...calls.map(describeStream),
    ...works.flatMap(describeWork),
    ...(topUp === undefined
      ? []
      : [`keep ${topUp.waitingMin} calls waiting from the end of faults`]),
    ...faults.map(describeFault),
    ...tenants.map(
      ({ fromMs, toMs, everyMs }) =>
        `another client asks every ${everyMs} ms ${span({ fromMs, toMs })}`,
    ),
    ...wallJumps.map(({ atMs, byMs }) => `wall clock jumps by ${byMs} ms at ${atMs}`),
    ...lies.map(
      ({ toMs, headers, every = 1 }) =>
        `${every === 1 ? 'answers say' : `every ${every} answers, one says`} ${JSON.stringify(headers)} until ${toMs} ms`,
    ),
    ...network
      .slice(1)
      .map(({ fromMs, out }) => `from ${fromMs} ms on a way takes ${describeLatency(out)}`),
    ...describeRest(scenario),
  ]
}

function describeStream(stream: CallStream): string {
  const { count, endpoint, fromMs, overMs, spacing, ...rest } = stream
  const what = `${count} ${endpoint} ${count === 1 ? 'call' : 'calls'}`
  const when =
    overMs === 0 || count === 1 ? `at ${fromMs} ms` : `from ${fromMs} ms over ${overMs} ms`
  return `${what} ${when}${overMs > 0 && spacing === 'random' ? ', at random' : ''}${describeFields(rest)}`
}

/** Its items' refusals, the crashes and what others do beside it are commands of their own. */
function describeWork(work: WorkPlan, index: number): string[] {
  const { kind, form, items, fromMs, poisons, file, othersAtMs = [] } = work
  const name = `long run ${index + 1}`
  const ends = [
    ...(work.abortAfterMs === undefined ? [] : [`, aborted after ${work.abortAfterMs} ms`]),
    ...(work.leavesAfter === undefined ? [] : [`, left after ${work.leavesAfter} results`]),
  ]
  return [
    `${name}: ${kind} of ${items} at ${fromMs} ms, as ${form}${ends.join('')}`,
    ...poisons.map((poison) => `${name}: item ${poison.index} is refused with ${poison.status}`),
    ...(file?.crashes ?? []).map(
      (crash) => `${name}: the ${crash.kind} dies after ${crash.afterMs} ms`,
    ),
    ...(file?.full ?? []).map((full) => `${name}: the disk is full ${span(full)}`),
    ...othersAtMs.map((atMs) => `another client starts a fine-tune at ${atMs} ms`),
  ]
}

function describeFault({ id, match = {}, do: action }: FaultRule): string {
  const { fromMs, toMs, perMille, ...place } = match
  const { kind, ...what } = action
  return `fault ${id}: ${kind}${describeFields(what)} ${span({ fromMs, toMs })}${describeFields(place)}${chance(perMille)}`
}

/** What is not known here by name: each element of a list, and each other part. */
function describeRest(scenario: Scenario): string[] {
  return Object.entries(scenario).flatMap(([name, value]: [string, unknown]) => {
    if (isFixedPart(name) || value === undefined) return []
    if (!Array.isArray(value)) return typeof value === 'object' ? [`${name} ${print(value)}`] : []
    return value.map((element: unknown) => `${name}: ${print(element)}`)
  })
}

function describeLatency(latency: Latency): string {
  if (latency.kind === 'fixed') return `${latency.ms} ms`
  return `${latency.minMs} to ${latency.maxMs} ms (${latency.kind})`
}

function span({
  fromMs,
  toMs,
}: {
  fromMs?: number | undefined
  toMs?: number | undefined
}): string {
  return toMs === undefined ? `from ${fromMs ?? 0} ms on` : `from ${fromMs ?? 0} to ${toMs} ms`
}

function chance(perMille = 1_000): string {
  return perMille === 1_000 ? '' : `, ${perMille} in 1000`
}

function describeFields(fields: object): string {
  const texts = Object.entries(fields).map(([name, value]) => `, ${name} ${print(value)}`)
  return texts.join('')
}

function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
