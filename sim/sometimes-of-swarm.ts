/** What a set of seeds must have met of the hosts, the servers and the workloads that differ from the usual ones. */
import { quirkSites } from '../src/server/handler.ts'
import type { Sometimes } from './sometimes.ts'
import { isTier } from './profiles.ts'
import { bindsFor, waitsAt } from './waits.ts'
import type { RunRecord } from './world/record.ts'

/** So much later than on average a call of a stream comes in a gap. */
const gapGrowth = 4

export const sometimesOfSwarm: readonly Sometimes[] = [
  {
    name: 'the process is busy while calls wait',
    isMet: (run) => (run.scenario.stalls ?? []).some(({ atMs }) => waitsAt(run, atMs)),
  },
  {
    name: 'ten timers and answers wait for the end of a stall',
    isMet: ({ timers }) => timers.late >= 10,
  },
  {
    name: 'an answer comes in the middle of a stall of more than the arrival bound',
    isMet: (run) => (run.scenario.stalls ?? []).some((stall) => hasLateAnswer(run, stall)),
  },
  {
    name: 'timers fire early while calls wait',
    isMet: (run) => run.timers.early >= 10 && bindsFor(run, 'chat'),
  },
  {
    name: 'generic cell rate saturated',
    isMet: (run) => run.scenario.enforcement.kind === 'gcra' && bindsFor(run, 'chat'),
  },
  {
    name: 'refused by a sliding counter',
    isMet: (run) => run.scenario.enforcement.kind === 'sliding-counter' && isRefused(run),
  },
  {
    name: 'refused by slices of a window',
    isMet: (run) => run.scenario.enforcement.kind === 'slices' && isRefused(run),
  },
  {
    name: 'the server forgets what it has counted while calls wait',
    isMet: (run) => {
      const loss = run.attempts.find(({ fault }) => fault?.includes('counts-lost') === true)
      return loss?.arrivedAtMs !== undefined && waitsAt(run, loss.arrivedAtMs)
    },
  },
  {
    name: 'a quota is cut, and given back while calls wait',
    isMet: (run) =>
      run.scenario.faults.some(
        (rule) =>
          rule.id === 'quota-cut' &&
          waitsAt(run, rule.match?.toMs ?? 0) &&
          run.attempts.some(({ arrivedAtMs = 0, refusedBy }) => {
            const { fromMs = 0, toMs = 0 } = rule.match ?? {}
            return refusedBy !== undefined && arrivedAtMs >= fromMs && arrivedAtMs < toMs
          }),
      ),
  },
  {
    name: 'restart: with calls waiting and calls under way',
    isMet: (run) => (run.scenario.restarts ?? []).some(({ atMs }) => interrupts(run, atMs)),
  },
  {
    name: 'restart: the quota is full all the same, and nothing is refused',
    isMet: (run) =>
      run.scenario.theme === 'quota' &&
      run.scenario.restarts !== undefined &&
      bindsFor(run, 'chat'),
  },
  {
    name: 'restart: refused for what the process before has sent',
    isMet: (run) => run.scenario.restarts !== undefined && isRefused(run),
  },
  {
    name: 'tier: calls wait for a limit by the second',
    isMet: (run) => isTier(run.scenario.profile) && waitsInLine(run),
  },
  {
    name: 'tier: refused by a second',
    isMet: (run) =>
      isTier(run.scenario.profile) && run.scenario.enforcement.kind === 'slices' && isRefused(run),
  },
  {
    name: 'no limit at all',
    isMet: (run) => run.scenario.profile === 'unlimited' && run.attempts.length > 100,
  },
  { name: 'calls come in clusters and gaps', isMet: comesInGaps },
  {
    name: 'an answer takes longer than ten seconds',
    isMet: (run) =>
      run.attempts.some(
        ({ headersAtMs, endedAtMs, whole }) =>
          whole && (endedAtMs ?? 0) - (headersAtMs ?? Infinity) > 10_000,
      ),
  },
  ...quirkSites.map((site) => ({
    name: `quirk: ${site}`,
    isMet: ({ attempts }: RunRecord) =>
      attempts.some(({ fault }) => fault?.split('+').includes(`quirk-${site}`) === true),
  })),
]

function interrupts({ calls }: RunRecord, atMs: number): boolean {
  const killed = calls.filter((call) => call.outcome === 'killed' && call.settledAtMs === atMs)
  return (
    killed.some(({ attempts }) => attempts.length === 0) &&
    killed.some(({ attempts }) => attempts.some(({ endedAtMs }) => endedAtMs === atMs))
  )
}

/** A limit by the second is hardly ever waited for as long as one by the minute. */
function waitsInLine({ acquires }: RunRecord): boolean {
  const waited = acquires.filter(({ calledAtMs, grantedAtMs = 0 }) => grantedAtMs > calledAtMs)
  return waited.length >= 50
}

function isRefused({ attempts }: RunRecord): boolean {
  return attempts.some(({ refusedBy }) => refusedBy !== undefined)
}

/** Counted early in the stall, and heard of at its end. */
function hasLateAnswer(
  { attempts, scenario }: RunRecord,
  { atMs, lastsMs }: { atMs: number; lastsMs: number },
): boolean {
  return attempts.some(
    ({ arrivedAtMs = Infinity, headersAtMs }) =>
      arrivedAtMs < atMs + lastsMs &&
      headersAtMs === atMs + lastsMs &&
      headersAtMs - arrivedAtMs > scenario.arrivalBoundMs,
  )
}

function comesInGaps({ scenario, calls }: RunRecord): boolean {
  const stream = scenario.calls.find(({ spacing, count }) => spacing === 'poisson' && count > 50)
  if (stream === undefined) return false
  const starts = calls
    .filter(({ endpoint }) => endpoint === stream.endpoint)
    .map(({ startedAtMs }) => startedAtMs)
  const gapMs = gapGrowth * (stream.overMs / stream.count)
  return starts.some((atMs, index) => atMs - (starts[index - 1] ?? atMs) > gapMs)
}
