/**
 * What long runs hand out: each input once, in order, with its own answer, or named as refused where every server refuses
 * it; and a run that ends before its time says so, and has a reason that the server gave it.
 */
import type { RunRecord } from '../world/record.ts'
import { servedKey, type WorkRecord, type WorkResult } from '../world/work-record.ts'
import { findUnfounded } from './founded-stop.ts'
import { notJudged, type Invariant, type Verdict } from './types.ts'

export const resultsMatchRequests: Invariant = {
  name: 'results-match-requests',
  judge: (record) => {
    const works = record.works.filter(({ startedAtMs }) => startedAtMs !== undefined)
    if (works.length === 0) return notJudged
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const work of works) {
      judgeResults(record, work, verdict)
      judgeEnd(record, work, verdict)
      judgeStarts(record, work, verdict)
    }
    verdict.violations.sort((left, right) => left.atMs - right.atMs)
    return verdict
  },
}

const batchTriesMin = 3

function judgeResults(record: RunRecord, work: WorkRecord, verdict: Verdict): void {
  let last = -1
  const before = new Set<number>()
  for (const result of work.results) {
    verdict.checks += 1
    // Batches and jobs end as they like.
    const wrong =
      (isUnordered(work) && !before.has(result.index)
        ? findMisplaced(work, result, -1)
        : findMisplaced(work, result, last)) ?? findWrong(record, work, result)
    last = Math.max(last, result.index)
    before.add(result.index)
    if (wrong === undefined) continue
    const message = `w${work.id} hands out ${result.index} ${wrong}`
    verdict.violations.push({ atMs: result.atMs, message })
  }
}

function isUnordered({ plan: { kind, form } }: WorkRecord): boolean {
  return kind === 'fine-tunes' || (kind === 'batch' && form === 'iterate')
}

/** @param last - The highest place so far. */
function findMisplaced(
  { inputs }: WorkRecord,
  { index, id }: WorkResult,
  last: number,
): string | undefined {
  const input = inputs[index]
  if (input === undefined) return `of ${inputs.length} inputs`
  if (index <= last) return `after ${last}: each once, and in order`
  return input.id === id ? undefined : `under the name ${id}, which is not its own`
}

function findWrong(record: RunRecord, work: WorkRecord, result: WorkResult): string | undefined {
  if (result.value === undefined) return findWrongRefusal(record, work, result)
  const { content = '' } = work.inputs[result.index] ?? {}
  const { model, value } = result
  const answers = record.served.get(servedKey(model, content))
  if (work.plan.kind === 'fine-tunes' && answers !== undefined && answers.size > 1) {
    return `for which ${answers.size} jobs were started`
  }
  const isOwn = answers?.has(value) === true
  return isOwn ? undefined : `with an answer that ${model} never gave to it`
}

function findWrongRefusal(
  { batchTries }: RunRecord,
  { inputs, plan }: WorkRecord,
  { index, id, status }: WorkResult,
): string | undefined {
  const poison = inputs[index]?.poison
  // The lines of a batch have no status; and a request that so many batches had no answer to has none.
  if (plan.kind === 'batch') {
    const isRefused = poison !== undefined || (batchTries.get(id) ?? 0) >= batchTriesMin
    return isRefused ? undefined : 'as refused, which no batch refuses'
  }
  if (poison === undefined) return `as refused (status ${status}), which no server refuses`
  return poison === status
    ? undefined
    : `as refused with status ${status}; it is refused with ${poison}`
}

function judgeEnd(record: RunRecord, work: WorkRecord, verdict: Verdict): void {
  // One that never ends is a matter of drains-after-faults.
  if (work.endedAtMs === undefined) return
  verdict.checks += 1
  const wrong = findWrongEnd(record, work)
  if (wrong === undefined) return
  verdict.violations.push({ atMs: work.endedAtMs, message: `w${work.id} ${wrong}` })
}

/** What stood in the output at a start is not asked again in it. */
function judgeStarts({ calls }: RunRecord, work: WorkRecord, verdict: Verdict): void {
  const starts = new Map(work.starts.map((start) => [start.process, start]))
  for (const { id, process, contents, startedAtMs } of calls) {
    const known = starts.get(process)?.done
    if (known === undefined || contents.length === 0) continue
    verdict.checks += 1
    const again = contents.find((content) => known.has(content))
    if (again === undefined) continue
    const message = `w${work.id} asks for ${again} in c${id}, which was done before p${process} began`
    verdict.violations.push({ atMs: startedAtMs, message })
  }
}

function findWrongEnd(record: RunRecord, work: WorkRecord): string | undefined {
  switch (work.end) {
    case 'completed':
      return findLost(work)
    case 'stopped':
      return findUnfounded(record, work) ?? findUncounted(work)
    case 'aborted':
      return findSlowEnd(work)
    case 'failed':
      return `fails with ${work.reason}`
    default:
      return undefined
  }
}

function findLost({ inputs, results }: WorkRecord): string | undefined {
  const handedOut = new Set(results.map(({ index }) => index))
  const lost = inputs.flatMap((_input, index) => (handedOut.has(index) ? [] : [index]))
  if (lost.length === 0) return undefined
  return `says nothing of ${lost.length} of its ${inputs.length} inputs, the first being ${lost[0]}`
}

/** What it says it has done, it has handed out. */
function findUncounted({ claimed, results }: WorkRecord): string | undefined {
  if (claimed === undefined) return undefined
  const done = results.filter(({ value }) => value !== undefined).length
  const failed = results.length - done
  if (claimed.done <= done && claimed.failed <= failed) return undefined
  return `says that ${claimed.done} are done and ${claimed.failed} refused; it handed out ${done} and ${failed}`
}

/** Results that were ready are handed out first, however busy their consumer is with each. */
function findSlowEnd({
  abortedAtMs = 0,
  endedAtMs = 0,
  plan,
  results,
}: WorkRecord): string | undefined {
  const readyCount = results.filter(({ atMs }) => atMs > abortedAtMs).length
  if (endedAtMs - abortedAtMs <= plan.takingMs * (readyCount + 1)) return undefined
  return `is aborted at ${abortedAtMs} and ends at ${endedAtMs}`
}
