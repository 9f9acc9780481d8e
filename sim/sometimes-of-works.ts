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
    name: 'batch: a request goes into a second one',
    isMet: (run) => [...run.batchTries.values()].some((tries) => tries > 1),
  },
  { name: 'batch: one fails as a whole', isMet: (run) => meetsFate(run, 'batch-fails') },
  { name: 'batch: one expires', isMet: (run) => meetsFate(run, 'batch-expires') },
  {
    name: 'batch: a start goes on with those of another',
    isMet: anyWork(({ plan, starts }) => plan.kind === 'batch' && starts.length > 1),
  },
  {
    name: 'fine-tunes: one is refused by a 409, and all come to their end',
    isMet: (run) =>
      run.attempts.some(({ call, status }) => call.work && status === 409) &&
      run.works.some(({ plan, end }) => plan.kind === 'fine-tunes' && end === 'completed'),
  },
  {
    name: 'crash: a start goes on where another was killed',
    isMet: anyWork(({ starts }) =>
      starts.some(({ done }, index) => done.size > 0 && starts[index - 1]?.end === 'crashed'),
    ),
  },
  {
    name: 'crash: part of a line is left',
    isMet: anyWork(({ starts }) => starts.some(({ isTorn }) => isTorn)),
  },
  {
    name: 'crash: while requests are under way',
    isMet: (run) => run.calls.some(({ outcome }) => outcome === 'killed'),
  },
  {
    name: 'crash: of the machine, and lines are lost',
    isMet: (run) => run.works.some((work) => losesLines(run, work)),
  },
  {
    name: 'long run: the disk is full',
    isMet: anyWork(({ starts }) =>
      starts.some(({ end }) => end?.includes('cannot write') === true),
    ),
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

/** An item was asked for and answered in a start, and is asked for again in the next. */
function losesLines({ calls, scenario }: RunRecord, work: WorkRecord): boolean {
  const crashes = scenario.works?.[work.id]?.file?.crashes ?? []
  return work.starts.some(({ process }, index) => {
    if (crashes[index]?.kind !== 'machine' || work.starts[index]?.end !== 'crashed') return false
    const answered = calls.filter((call) => call.process === process && call.outcome === 'resolved')
    const known = new Set(answered.flatMap(({ contents }) => contents))
    const later = calls.filter((call) => call.work === work && call.process > process)
    return later.some(({ contents }) => contents.some((content) => known.has(content)))
  })
}

function meetsFate({ attempts }: RunRecord, fault: string): boolean {
  return attempts.some((attempt) => attempt.fault?.includes(fault) === true)
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
