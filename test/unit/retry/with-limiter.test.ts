import { beforeEach, describe, expect, it } from 'vitest'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { togetherRetry, type AttemptContext, type RetryOptions } from '../../../src/retry/index.ts'
import { answer, fixedRandom, networkError, never, type Step } from '../../helpers/retry-world.ts'
import { drainPromises, VirtualClock } from '../../helpers/virtual-clock.ts'

let clock: VirtualClock
let limiter: TogetherRateLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new TogetherRateLimiter({ clock })
})

interface Sent {
  readonly name: string
  readonly atMs: number
  readonly permit: unknown
}

/** Starts a call whose first requests follow the script; all others succeed. */
function start(
  sent: Sent[],
  name: string,
  script: Step[],
  options: RetryOptions = {},
): Promise<unknown> {
  const send = async (context: AttemptContext): Promise<Response> => {
    sent.push({ name, atMs: clock.now(), permit: context.permit })
    const step = script[context.attempt - 1] ?? answer(200, name)
    if (step instanceof Error) throw step
    return typeof step === 'function' ? step(context) : step
  }
  const result = togetherRetry(limiter, send, { random: fixedRandom(0.5), ...options })
  result.catch(() => undefined)
  return result
}

describe('togetherRetry with the shipped limiter', () => {
  it('lets one 429 hold back everybody, and come back paced', async () => {
    const sent: Sent[] = []
    const refusal = answer(429, {}, { 'retry-after': '3' })
    const calls = Array.from({ length: 40 }, (_, index) =>
      start(sent, `call ${index}`, index === 0 ? [refusal] : []),
    )
    await clock.run(60_000)
    await expect(Promise.all(calls)).resolves.toHaveLength(40)
    // Ten at once by default, before the answer could be known; the others after 3 s and the jitter, 100 ms apart.
    const later = sent.map(({ atMs }) => atMs).slice(10)
    expect(sent[9]?.atMs).toBe(0)
    expect(later).toEqual(Array.from({ length: 31 }, (_, index) => 3_150 + index * 100))
    // As old as the others, but it asked last.
    expect(sent.at(-1)?.name).toBe('call 0')
  })

  it('lets a retry queue by the age of its call', async () => {
    const sent: Sent[] = []
    for (let index = 0; index < 10; index += 1)
      void start(sent, 'old', index === 0 ? [answer(503)] : [])
    await clock.run(1)
    for (let index = 0; index < 20; index += 1) void start(sent, 'young', [])
    await clock.run(60_000)
    // The backoff ends at 250 ms, when two of the young calls have gone.
    expect(sent.map(({ name }) => name).lastIndexOf('old')).toBe(12)
  })

  it('keeps a fine-tune’s place until its permit is released', async () => {
    const sent: Sent[] = []
    const options = { endpoint: 'fine-tunes' } as const
    for (let index = 0; index < 4; index += 1) void start(sent, `job ${index}`, [], options)
    await clock.run(600_000)
    expect(sent).toHaveLength(3)
    const { permit } = sent[1] ?? {}
    if (typeof permit !== 'object' || permit === null || !('release' in permit))
      throw new Error('no permit')
    if (typeof permit.release === 'function') permit.release()
    await drainPromises()
    expect(sent.map(({ name }) => name)).toEqual(['job 0', 'job 1', 'job 2', 'job 3'])
  })

  it('holds no place after failures of every kind', async () => {
    const sent: Sent[] = []
    const endings: Step[] = [
      answer(400),
      networkError(),
      never,
      new Response('{'),
      new Error('bug'),
    ]
    const options = { endpoint: 'fine-tunes', maxRetries: 0 } as const
    const calls = endings.map((step) => start(sent, 'job', [step], options))
    await clock.run(200_000)
    await Promise.allSettled(calls)
    expect(sent).toHaveLength(5)
    expect(limiter.snapshot().concurrency.every(({ used }) => used === 0)).toBe(true)
  })

  it('fails at once when the pause cannot end before the deadline', async () => {
    const sent: Sent[] = []
    limiter.pause({ delayMs: 20_000 })
    const result = start(sent, 'late', [], { deadlineMs: 10_000 })
    await drainPromises()
    await expect(result).rejects.toMatchObject({ code: 'DEADLINE', neededMs: 20_000 })
  })

  it('leaves the queue on an abort', async () => {
    const sent: Sent[] = []
    const controller = new AbortController()
    limiter.pause({ delayMs: 20_000 })
    const result = start(sent, 'gone', [], { signal: controller.signal })
    await drainPromises()
    expect(limiter.snapshot().queueLength).toBe(1)
    controller.abort('left')
    await expect(result).rejects.toBe('left')
    expect(limiter.snapshot()).toMatchObject({ queueLength: 0, granted: 0 })
    expect(clock.timerCount).toBe(0)
  })
})
