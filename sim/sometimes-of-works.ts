/** What a set of seeds must have met of long runs. */
import type { Sometimes } from './sometimes.ts'
import type { RunRecord } from './world/record.ts'
import type { WorkRecord } from './world/work-record.ts'

/** So long nothing was answered to a run that went on afterwards. */
const outageMsMin = 60_000

export const sometimesOfWorks: readonly Sometimes[] = [
  {
    name: 'long run: one bad text found in its batch',
    isMet: anyWork(({ plan, results }) => {
      return (
        plan.batchSize > 1 && results.some(isRefused) && results.some((each) => !isRefused(each))
      )
    }),
  },
  {
    name: 'long run: a text over which the server stumbles is found',
    isMet: anyWork(({ results }) => results.some(({ status }) => status === 500)),
  },
  {
    name: 'long run: a fallback answers',
    isMet: anyWork(({ plan, results }) => {
      return results.some(({ model, value }) => value !== undefined && model !== plan.model)
    }),
  },
  { name: 'long run: an outage is waited out', isMet: (run) => run.works.some(outlasts(run)) },
  {
    name: 'long run: stopped by the server’s answer',
    isMet: anyWork(({ end, reason }) => end === 'stopped' && reason !== 'outage'),
  },
  {
    name: 'long run: stopped by an outage',
    isMet: anyWork(({ end, reason }) => end === 'stopped' && reason === 'outage'),
  },
  { name: 'long run: aborted', isMet: anyWork(({ end }) => end === 'aborted') },
  {
    name: 'long run: its consumer leaves',
    isMet: anyWork(({ end, inputs, results }) => end === 'left' && results.length < inputs.length),
  },
  {
    name: 'long run: refused for rate after the quota was cut',
    isMet: (run) =>
      run.attempts.some(({ call, refusedBy }) => call.work && refusedBy !== undefined) &&
      run.scenario.faults.some((rule) => rule.do.kind === 'quota'),
  },
  {
    name: 'long run: two through one limiter',
    isMet: ({ works: [one, other] }) =>
      one?.end === 'completed' &&
      other?.end === 'completed' &&
      (one.startedAtMs ?? 0) < (other.endedAtMs ?? 0) &&
      (other.startedAtMs ?? 0) < (one.endedAtMs ?? 0),
  },
]

function anyWork(isMet: (work: WorkRecord) => boolean): Sometimes['isMet'] {
  return ({ works }) => works.some(isMet)
}

function isRefused({ value }: WorkRecord['results'][number]): boolean {
  return value === undefined
}

/** Whether a run of these came to its end across a time in which nobody answered it. */
function outlasts({ attempts }: RunRecord): (work: WorkRecord) => boolean {
  return (work) => {
    if (work.end !== 'completed') return false
    const goodMs = attempts
      .filter(({ call, status = 500, whole }) => call.work === work && status < 300 && whole)
      .map(({ endedAtMs = 0 }) => endedAtMs)
    const instants = [work.startedAtMs ?? 0, ...goodMs].toSorted((left, right) => left - right)
    return instants.some((atMs, index) => atMs - (instants[index - 1] ?? atMs) > outageMsMin)
  }
}
