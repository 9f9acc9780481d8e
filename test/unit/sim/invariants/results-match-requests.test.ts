import { describe, expect, it } from 'vitest'
import { resultsMatchRequests } from '../../../../sim/invariants/results-match-requests.ts'
import type { AttemptRecord } from '../../../../sim/world/record.ts'
import type { WorkRecord } from '../../../../sim/world/work-record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import {
  makeInput,
  makePlan,
  makeResult,
  makeWork,
  servedTen,
} from '../../../helpers/work-record.ts'

/** @param attempts - What its requests were answered, by the instant at which they were sent. */
function messagesOf(
  changes: Partial<WorkRecord>,
  attempts: Record<number, Partial<AttemptRecord>> = {},
): string[] {
  const work = makeWork(changes)
  const run = new RunBuilder()
  for (const [sentAtMs, attempt] of Object.entries(attempts)) {
    run.attempt(run.call(Number(sentAtMs), { work }), Number(sentAtMs), attempt)
  }
  const record = run.build()
  record.works.push(work)
  for (const [key, values] of servedTen()) record.served.set(key, values)
  return resultsMatchRequests.judge(record).violations.map(({ message }) => message)
}

/** The right results, some of them replaced or left out. */
function resultsWith(
  replaced: Record<number, ReturnType<typeof makeResult>[]>,
): WorkRecord['results'] {
  return makeWork().results.flatMap((result) => replaced[result.index] ?? [result])
}

function inputsWithPoison(poison: number): WorkRecord['inputs'] {
  return makeWork().inputs.map((input) => (input.id === 'id-3' ? makeInput(3, { poison }) : input))
}

/** Request 3 has no answer after so many batches. */
function violationsAfter(tries: number): number {
  const record = new RunBuilder().build()
  const refused = makeResult(3, { value: undefined, status: undefined })
  const results = resultsWith({ 3: [refused] })
  record.works.push(makeWork({ plan: makePlan({ kind: 'batch' }), results }))
  record.batchTries.set('id-3', tries)
  for (const [key, values] of servedTen()) record.served.set(key, values)
  return resultsMatchRequests.judge(record).violations.length
}

describe('results-match-requests', () => {
  it('holds where each input has its own answer, in order', () => {
    expect(messagesOf({})).toEqual([])
    const record = new RunBuilder().build()
    record.works.push(makeWork())
    for (const [key, values] of servedTen()) record.served.set(key, values)
    expect(resultsMatchRequests.judge(record)).toEqual({ checks: 11, violations: [] })
  })

  it('has nothing to judge without long runs, or where none has begun', () => {
    const record = new RunBuilder().build()
    expect(resultsMatchRequests.judge(record)).toEqual({ checks: 0, violations: [] })
    record.works.push(makeWork({ startedAtMs: undefined, endedAtMs: undefined, end: 'pending' }))
    expect(resultsMatchRequests.judge(record)).toEqual({ checks: 0, violations: [] })
  })

  it('finds a result that comes after a later one, or twice', () => {
    const swapped = resultsWith({ 3: [makeResult(4)], 4: [makeResult(3)] })
    expect(messagesOf({ results: swapped })).toEqual([
      'w0 hands out 3 after 4: each once, and in order',
    ])
    const doubled = resultsWith({ 3: [makeResult(3), makeResult(3)] })
    expect(messagesOf({ results: doubled })).toEqual([
      'w0 hands out 3 after 3: each once, and in order',
    ])
  })

  it('finds the answer of another input, of another model, and another name', () => {
    const value = 'answer 4'
    expect(messagesOf({ results: resultsWith({ 3: [makeResult(3, { value })] }) })).toEqual([
      'w0 hands out 3 with an answer that chat never gave to it',
    ])
    const model = 'other'
    expect(messagesOf({ results: resultsWith({ 3: [makeResult(3, { model })] }) })).toEqual([
      'w0 hands out 3 with an answer that other never gave to it',
    ])
    expect(messagesOf({ results: resultsWith({ 3: [makeResult(3, { id: 'id-4' })] }) })).toEqual([
      'w0 hands out 3 under the name id-4, which is not its own',
    ])
    const beyond = [...makeWork().results, makeResult(10)]
    expect(messagesOf({ results: beyond })).toEqual(['w0 hands out 10 of 10 inputs'])
  })

  it('takes a refusal of what every server refuses, and of nothing else', () => {
    const refused = makeResult(3, { value: undefined, status: 422 })
    const results = resultsWith({ 3: [refused] })
    expect(messagesOf({ results, inputs: inputsWithPoison(422) })).toEqual([])
    expect(messagesOf({ results })).toEqual([
      'w0 hands out 3 as refused (status 422), which no server refuses',
    ])
    expect(messagesOf({ results, inputs: inputsWithPoison(400) })).toEqual([
      'w0 hands out 3 as refused with status 422; it is refused with 400',
    ])
  })

  it('lets batches end as they like, where results are taken as they come', () => {
    const results = [makeResult(1), makeResult(0), ...makeWork().results.slice(2)]
    const plan = makePlan({ kind: 'batch' })
    expect(messagesOf({ plan, results })).toEqual([])
    expect(messagesOf({ plan: { ...plan, form: 'promise' }, results })).toHaveLength(1)
    expect(messagesOf({ plan, results: [...results, makeResult(1)] })).toEqual([
      'w0 hands out 1 after 9: each once, and in order',
    ])
  })

  it('takes a request for refused that three batches had no answer to', () => {
    expect([violationsAfter(3), violationsAfter(2)]).toEqual([0, 1])
  })

  it('finds a fine-tune for which two jobs were started', () => {
    const record = new RunBuilder().build()
    record.works.push(makeWork({ plan: makePlan({ kind: 'fine-tunes' }) }))
    for (const [key, values] of servedTen()) record.served.set(key, values)
    expect(resultsMatchRequests.judge(record).violations).toEqual([])
    record.served.get('chat item 3')?.add('another')
    expect(resultsMatchRequests.judge(record).violations).toEqual([
      { atMs: 300, message: 'w0 hands out 3 for which 2 jobs were started' },
    ])
  })

  it('finds a run that completes without some of its inputs', () => {
    expect(messagesOf({ results: resultsWith({ 3: [], 7: [] }) })).toEqual([
      'w0 says nothing of 2 of its 10 inputs, the first being 3',
    ])
  })

  it('finds a run that fails with anything but a stop or the reason of its caller', () => {
    expect(messagesOf({ end: 'failed', reason: 'INVARIANT', results: [] })).toEqual([
      'w0 fails with INVARIANT',
    ])
    expect(messagesOf({ end: 'left', results: [] })).toEqual([])
  })

  it('wants an abort to end a run at once, but for the results that its consumer is busy with', () => {
    const aborted = { end: 'aborted', abortedAtMs: 1_000 } as const
    expect(messagesOf({ ...aborted, endedAtMs: 1_000 })).toEqual([])
    expect(messagesOf({ ...aborted, endedAtMs: 1_001 })).toEqual([
      'w0 is aborted at 1000 and ends at 1001',
    ])
    const plan = makePlan({ takingMs: 50 })
    const ready = [makeResult(0, { atMs: 1_000 }), makeResult(1, { atMs: 1_050 })]
    expect(messagesOf({ ...aborted, plan, results: ready, endedAtMs: 1_100 })).toEqual([])
    expect(messagesOf({ ...aborted, plan, results: ready, endedAtMs: 1_101 })).toHaveLength(1)
  })

  it('finds what is asked again in a start before which it was done', () => {
    const start = { atMs: 1_000, process: 2, isTorn: false, endedAtMs: 2_000, end: 'completed' }
    const work = makeWork({ starts: [{ ...start, done: new Set(['item 0', 'item 1']) }] })
    const run = new RunBuilder()
    run.call(0, { work, process: 1, contents: ['item 0'] })
    run.call(1_000, { work, process: 2, contents: ['item 2', 'item 3'] })
    run.call(1_500, { work, process: 2, contents: ['item 4', 'item 1'] })
    const record = run.build()
    record.works.push(work)
    for (const [key, values] of servedTen()) record.served.set(key, values)
    const { checks, violations } = resultsMatchRequests.judge(record)
    expect(checks).toBe(13)
    expect(violations).toEqual([
      { atMs: 1_500, message: 'w0 asks for item 1 in c2, which was done before p2 began' },
    ])
  })

  it('wants a stop to be founded on what the server said', () => {
    const stopped = { end: 'stopped', reason: 'unauthorised' } as const
    expect(messagesOf(stopped, { 500: { status: 401 } })).toEqual([])
    expect(messagesOf(stopped, { 500: { status: 403 } })).toEqual([
      'w0 stops for unauthorised, which no answer says',
    ])
    expect(messagesOf({ ...stopped, reason: 'spending-limit' }, { 500: { status: 402 } })).toEqual(
      [],
    )
  })

  it('wants an outage to have lasted as long as the run was told to outlast, or to be that long by the server', () => {
    const stopped = { end: 'stopped', reason: 'outage' } as const
    const answered = { 0: {}, 500: { status: 503 } }
    expect(messagesOf({ ...stopped, endedAtMs: 60_101 }, answered)).toEqual([])
    expect(messagesOf({ ...stopped, endedAtMs: 60_100 }, answered)).toEqual([
      'w0 stops for an outage of more than 60000 ms at 60100; it was answered at 100',
    ])
    const named = { status: 503, hints: { 'retry-after': '61' } }
    expect(messagesOf(stopped, { 0: {}, 500: named })).toEqual([])
    expect(messagesOf(stopped, { 0: {}, 1_950: named })).toHaveLength(1)
  })

  it('wants a stopped run to have handed out what it says is done', () => {
    const stopped = { end: 'stopped', reason: 'unauthorised' } as const
    const answered = { 500: { status: 401 } }
    const results = [makeResult(0), makeResult(1)]
    expect(messagesOf({ ...stopped, results, claimed: { done: 2, failed: 0 } }, answered)).toEqual(
      [],
    )
    expect(messagesOf({ ...stopped, results, claimed: { done: 3, failed: 0 } }, answered)).toEqual([
      'w0 says that 3 are done and 0 refused; it handed out 2 and 0',
    ])
  })
})
