/**
 * One run: builds the world of a scenario, lets it happen, waits until it is quiet, and measures what is left.
 *
 * It reports what happened and judges nothing.
 */
import { getEventListeners } from 'node:events'
import {
  documentedServerProfile,
  findServerProfile,
  MockTogether,
  type ServerProfile,
} from '../src/server/handler.ts'
import { recoveryBoundMs } from './bounds.ts'
import { namedDelayMs } from './hints.ts'
import { probeLimiter } from './probe.ts'
import { answerBoundMs, meanFill, quotasOf, windowMs } from './quota.ts'
import type { DynamicPlan, Scenario, TokenPlan } from './scenario/types.ts'
import { createScenarioLimiter, readCounters } from './subjects/shipped.ts'
import type { Subject } from './subjects/types.ts'
import { Client } from './world/client.ts'
import { Network } from './world/network.ts'
import { simulatedFile, simulatedModels } from './world/requests.ts'
import { RunRecord, type Aftermath } from './world/record.ts'
import type { VirtualTime } from './world/time.ts'
import { openTransport } from './world/transports/open.ts'
import type { TransportName } from './world/transports/transport.ts'
import { watchUnhandled } from './world/unhandled.ts'
import { Workload } from './world/workload.ts'
import { Works } from './world/works.ts'

/** How long after its last bound a run is still watched for calls that end after all. */
const patienceMs = 2 * 3_600_000
/** Timers that may fire after everything should have been over, before a run is given up. */
const lateStepsMax = 50_000

/** What changes nothing in how a run goes. */
export interface SimulateOptions {
  /** The trace's lines are wanted and not only their hash. @defaultValue false */
  readonly keepsTrace?: boolean
  /** @defaultValue 'direct' */
  readonly transport?: TransportName
  /** Look for ways out of the world that cost something to find. Not over HTTP. @defaultValue false */
  readonly watchesHost?: boolean
}

export async function simulate(
  time: VirtualTime,
  subject: Subject,
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<RunRecord> {
  time.reset(scenario.seed)
  const { wallEpochMs } = time
  const { transport: transportName = 'direct', keepsTrace = false } = options
  const record = new RunRecord(scenario, subject, { wallEpochMs, keepsTrace })
  const { stalls = [], earlyTimers: early } = scenario
  if (stalls.length > 0 || early !== undefined) {
    record.timers = time.disturb({ stalls, early }, scenario.seed)
  }
  const unhandled = watchUnhandled()
  const server = createServer(scenario, time)
  const transport = await onHost(time, openTransport(transportName, { server, time }))
  const network = new Network({ time, scenario, server, record, transport })
  const limiter = createScenarioLimiter(subject, scenario)
  const client = new Client({ time, scenario, subject, limiter, network, record })
  const workload = new Workload({
    time,
    scenario,
    client,
    network,
    record,
    isTopUpOver: () => isRecovered(record, time.now()),
  })
  const works = new Works({ time, scenario, subject, client, network, record })
  workload.start()
  works.start()
  const settled = await run(time, record, { client, workload, works })
  await waitUntilQuiet(time, record, settled)
  const aftermath: Aftermath = {
    settled,
    timersLeft: time.pendingTimers(),
    listenersLeft: countListeners(record),
    acquiresPending: record.acquires.filter(isPending).length,
    filesLeft: works.disks.reduce((sum, disk) => sum + disk.held, 0),
    unhandled: unhandled.stop(),
    counters: readCounters(client.lastLimiter),
    ...(settled && isProbed(scenario)
      ? await probeLimiter(time, subject, scenario, client.lastLimiter)
      : notProbed),
  }
  record.aftermath = aftermath
  await onHost(time, transport.close())
  return record
}

/** An idle limiter gives a window's requests in a window: not one whose windows are seconds, or that has none. */
function isProbed({ dynamic, profile, interface: used, maxPerMinute }: Scenario): boolean {
  if (profile === 'documented') return dynamic === undefined
  return used === 'contract' && maxPerMinute <= probedMax
}

/** More would take longer than the run. */
const probedMax = 600

const notProbed = {
  probeMs: undefined,
  freshProbeMs: undefined,
  probeLagMs: undefined,
  probeHasRelease: false,
} as const

/** What takes the host some time, where it does. */
async function onHost<T>(time: VirtualTime, work: Promise<T>): Promise<T> {
  await time.drain()
  return work
}

function createServer(scenario: Scenario, time: VirtualTime): MockTogether {
  const { tokens } = scenario
  return new MockTogether({
    profile: serverProfileFor(scenario),
    ...(tokens === undefined ? {} : { latency: tokens.answerMs }),
    models: simulatedModels,
    files: [simulatedFile],
    enforcement: scenario.enforcement,
    countsRefused: scenario.countsRefused,
    faults: scenario.faults,
    ...(scenario.quirks === undefined ? {} : { quirks: scenario.quirks }),
    seed: scenario.seed,
    wallAtZeroMs: time.wallEpochMs,
    jobDurationMs: { min: scenario.jobDurationMs.minMs, max: scenario.jobDurationMs.maxMs },
    batchDurationMs: { min: scenario.jobDurationMs.minMs, max: scenario.jobDurationMs.maxMs },
    journalLengthMax: 0,
  })
}

function serverProfileFor({ tokens, dynamic, profile }: Scenario): ServerProfile {
  if (dynamic !== undefined) return withDynamic(dynamic)
  if (profile !== 'documented') return namedProfile(profile)
  return tokens === undefined
    ? documentedServerProfile
    : withTokens(documentedServerProfile, tokens)
}

/** The published rules with other numbers: the growth of hours in minutes. */
function withDynamic({
  headers,
  basePerMinute,
  capPerMinute,
  memoryMs,
}: DynamicPlan): ServerProfile {
  const profile = namedProfile(headers)
  const rateLimits = profile.rateLimits.map((limit) =>
    limit.dynamic === undefined || limit.requestsMax === undefined
      ? limit
      : {
          ...limit,
          requestsMax: basePerMinute,
          dynamic: { ...limit.dynamic, cap: capPerMinute, memoryMs },
        },
  )
  return { ...profile, rateLimits }
}

function namedProfile(name: string): ServerProfile {
  const profile = findServerProfile(name)
  if (profile === undefined) throw new Error(`the server has no profile ${name}`)
  return profile
}

function withTokens(profile: ServerProfile, { tokensMax, accounting }: TokenPlan): ServerProfile {
  const limit = { id: 'chat-tokens', endpoints: ['chat'], tokensMax, windowMs } as const
  return { ...profile, rateLimits: [...profile.rateLimits, limit], tokenAccounting: accounting }
}

/** Runs until every call has ended; false where that will not happen any more. */
async function run(
  time: VirtualTime,
  record: RunRecord,
  { client, workload, works }: { client: Client; workload: Workload; works: Works },
): Promise<boolean> {
  let lateSteps = 0
  let isSettled = false
  await time.run(() => {
    isSettled = workload.open + works.open + client.unsettled + client.openJobs === 0
    if (isSettled || time.pendingTimers() === 0 || lateSteps > lateStepsMax) return true
    if (workload.open > 0) return false
    const lateMs = time.now() - lastBeginningMs(record)
    if (lateMs > patienceMs / 4) lateSteps += 1
    return lateMs > patienceMs
  })
  return isSettled
}

function lastBeginningMs(record: RunRecord): number {
  return Math.max(record.scenario.faultsEndMs, record.calls.at(-1)?.startedAtMs ?? 0)
}

/** Two windows after all calls, faults and pauses are over. */
async function waitUntilQuiet(
  time: VirtualTime,
  record: RunRecord,
  settled: boolean,
): Promise<void> {
  if (!settled) return
  const quietMs = record.attempts.reduce(
    (latest, attempt) =>
      Math.max(latest, (attempt.headersAtMs ?? 0) + (namedDelayMs(attempt, record) ?? 0)),
    Math.max(time.now(), record.scenario.faultsEndMs),
  )
  // Tokens of an answer that nobody knows the end of are held for longer than a slot.
  const holdMs = record.scenario.tokens === undefined ? windowMs : 1.001 * windowMs + answerBoundMs
  await runUntil(time, quietMs + windowMs + holdMs + 1)
}

/** Lets time pass; stops at the first timer that is not before `untilMs`. */
async function runUntil(time: VirtualTime, untilMs: number): Promise<void> {
  let isOver = false
  time.setWorldTimer(() => {
    isOver = true
  }, untilMs - time.now())
  await time.run(() => isOver)
}

function countListeners(record: RunRecord): number {
  let listeners = 0
  // A dead process lets go of nothing.
  const calls = record.calls.filter(({ outcome }) => outcome !== 'killed')
  for (const { signal } of [...calls, ...record.works]) {
    if (signal !== undefined) listeners += getEventListeners(signal, 'abort').length
  }
  return listeners
}

function isPending(acquire: {
  grantedAtMs: number | undefined
  failedAtMs: number | undefined
}): boolean {
  return acquire.grantedAtMs === undefined && acquire.failedAtMs === undefined
}

/** Whether the quota has been full again for a window, or the time that this may take has passed. */
function isRecovered(record: RunRecord, nowMs: number): boolean {
  const { faultsEndMs } = record.scenario
  if (nowMs > faultsEndMs + recoveryBoundMs(record) + windowMs) return true
  if (nowMs < faultsEndMs + windowMs) return false
  return quotasOf('chat').every((quota) => meanFill(record, quota, nowMs - windowMs, nowMs) >= 0.96)
}
