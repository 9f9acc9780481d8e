/**
 * Whole calls under fault timelines that are values, so that a failure shrinks to the few steps that matter.
 */
import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EndpointClass } from '../../src/core/profile.ts'
import {
  answer,
  fixedRandom,
  LoggingLimiter,
  networkError,
  never,
  PausingLimiter,
  startCall,
  streamedAnswer,
  type ScriptedCall,
  type Step,
} from '../helpers/retry-world.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

interface Fault {
  readonly kind: 'answer' | 'network' | 'hang' | 'broken' | 'endless' | 'bug'
  readonly status: number
  readonly hintSeconds: number | undefined
  readonly latencyMs: number
}

interface Timeline {
  readonly faults: readonly Fault[]
  readonly endpoint: EndpointClass
  readonly hasPause: boolean
  readonly abortAtMs: number | undefined
  readonly deadlineMs: number | undefined
  readonly maxRetries: number
  readonly unit: number
}

const faults: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(
    'answer',
    'answer',
    'answer',
    'network',
    'hang',
    'broken',
    'endless',
    'bug',
  ),
  status: fc.constantFrom(200, 204, 400, 404, 408, 409, 429, 429, 500, 503, 503, 524, 529),
  hintSeconds: fc.option(fc.nat(200), { nil: undefined }),
  latencyMs: fc.nat(6_000),
})
const timelines: fc.Arbitrary<Timeline> = fc.record({
  faults: fc.array(faults, { minLength: 6, maxLength: 6 }),
  endpoint: fc.constantFrom('chat', 'chat', 'fine-tunes', 'batches'),
  hasPause: fc.boolean(),
  abortAtMs: fc.option(fc.nat(100_000), { nil: undefined }),
  deadlineMs: fc.option(fc.nat(200_000), { nil: undefined }),
  maxRetries: fc.nat(5),
  unit: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})

const retryable = new Set([408, 409, 429, 500, 503, 524, 529])
const bug = new Error('bug')

function makeStep(fault: Fault, clock: VirtualClock, openBodies: (() => boolean)[]): Step {
  const hint = fault.hintSeconds === undefined ? {} : { 'retry-after': String(fault.hintSeconds) }
  return async () => {
    if (fault.kind === 'hang') return never()
    await new Promise<void>((resolve) => clock.setTimer(resolve, fault.latencyMs))
    if (fault.kind === 'network') throw networkError()
    if (fault.kind === 'bug') throw bug
    if (fault.kind === 'answer') return answer(fault.status, { status: fault.status }, hint)
    const streamed = streamedAnswer(fault.status === 204 ? 200 : fault.status, hint)
    streamed.push('{"a":')
    if (fault.kind === 'endless') openBodies.push(streamed.cancelled)
    else clock.setTimer(() => streamed.fail(new TypeError('terminated')), 50)
    return streamed.response
  }
}

interface Run {
  readonly call: ScriptedCall
  readonly limiter: LoggingLimiter
  readonly signal: AbortSignal
  readonly endedAtMs: number | undefined
  readonly openBodies: readonly (() => boolean)[]
}

async function play(timeline: Timeline): Promise<Run> {
  const clock = new VirtualClock()
  const limiter = timeline.hasPause ? new PausingLimiter(clock) : new LoggingLimiter(clock)
  const controller = new AbortController()
  const reason = 'left'
  const openBodies: (() => boolean)[] = []
  const script = timeline.faults.map((fault) => makeStep(fault, clock, openBodies))
  const { deadlineMs, maxRetries, endpoint, unit } = timeline
  const random = fixedRandom(unit)
  const { signal } = controller
  const call = startCall(limiter, script, { deadlineMs, maxRetries, endpoint, random, signal })
  if (timeline.abortAtMs !== undefined) {
    clock.setTimer(() => controller.abort(reason), timeline.abortAtMs)
  }
  let endedAtMs: number | undefined
  for (let step = 0; step < 2_000 && endedAtMs === undefined; step += 1) {
    const nextAtMs = clock.nextTimerAtMs ?? clock.now()
    await clock.run(nextAtMs - clock.now())
    if (call.ending !== undefined) endedAtMs = clock.now()
  }
  await clock.run(1_000_000)
  return { call, limiter, signal, endedAtMs, openBodies }
}

describe('togetherRetry, under any timeline of faults,', () => {
  it('settles once and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (timeline) => {
        const { call, limiter, signal, endedAtMs, openBodies } = await play(timeline)
        expect(endedAtMs).toBeDefined()
        expect(limiter.clock.timerCount).toBe(0)
        expect(getEventListeners(signal, 'abort')).toEqual([])
        expect(openBodies.every((isCancelled) => isCancelled())).toBe(true)
        expect(call.sentAtMs.length).toBeLessThanOrEqual(timeline.maxRetries + 1)
        expect(Math.max(0, ...call.sentAtMs)).toBeLessThanOrEqual(endedAtMs ?? 0)
        if (timeline.deadlineMs !== undefined) {
          expect(endedAtMs).toBeLessThanOrEqual(timeline.deadlineMs)
        }
        if (timeline.abortAtMs !== undefined) {
          expect(endedAtMs).toBeLessThanOrEqual(timeline.abortAtMs)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('retries only what a retry can cure, and never earlier than told', async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (timeline) => {
        const { call } = await play(timeline)
        for (let index = 1; index < call.sentAtMs.length; index += 1) {
          const fault = timeline.faults[index - 1]
          if (fault === undefined) throw new Error('more requests than faults')
          const answeredAtMs = (call.sentAtMs[index - 1] ?? 0) + fault.latencyMs
          const isAnswer = fault.kind !== 'network' && fault.kind !== 'hang'
          const isSuccess = fault.status === 200 || fault.status === 204
          expect(fault.kind).not.toBe('bug')
          expect(fault.kind === 'answer' && isSuccess).toBe(false)
          if (!isAnswer || isSuccess) expect(timeline.endpoint).toBe('chat')
          if (!isAnswer || isSuccess) continue
          expect(retryable).toContain(fault.status)
          const hintMs = (fault.hintSeconds ?? 0) * 1_000
          expect(call.sentAtMs[index]).toBeGreaterThanOrEqual(answeredAtMs + hintMs)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('gives every permit back exactly once, except a started job’s place', async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (timeline) => {
        const { call, limiter } = await play(timeline)
        const isJob = timeline.endpoint !== 'chat'
        for (let id = 1; id <= limiter.grants; id += 1) {
          const told = limiter.log
            .map((line) => line.split(' '))
            .filter((words) => words[2] === String(id) && words[1] !== 'grant')
            .map((words) => words[1])
          const keepsPlace = isJob && id === limiter.grants && call.ending?.error === undefined
          const expected = keepsPlace
            ? [['settle']]
            : [['settle', 'release'], ['abandon'], ['release']]
          expect(expected).toContainEqual(told)
        }
      }),
      { numRuns: 400 },
    )
  })
})
