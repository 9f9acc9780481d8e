import { beforeEach, describe, expect, it } from 'vitest'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { togetherRetry } from '../../../src/retry/index.ts'
import { answer, LoggingLimiter, networkError, startCall } from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 }

/** Grants whose tokens are written down. */
class TokenLimiter extends LoggingLimiter {
  override makePermit(id: number): unknown {
    return { settleTokens: (used: number) => this.write(`tokens ${id}: ${used}`) }
  }
}

let clock: VirtualClock
let limiter: TokenLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new TokenLimiter(clock)
})

describe('the tokens of a call', () => {
  it('are asked for', async () => {
    startCall(limiter, [answer(200)], { tokens: 700 })
    await clock.run(0)
    expect(limiter.requests[0]?.tokens).toBe(700)
  })

  it.each([
    ['total_tokens', usage],
    ['the parts', { prompt_tokens: 20, completion_tokens: 30 }],
    ['the parts by other names', { input_tokens: 20, output_tokens: 30 }],
    ['the parts, where the total is less', { ...usage, total_tokens: 3 }],
  ])('are settled as the usage of the answer says: %s', async (_names, said) => {
    startCall(limiter, [answer(200, { usage: said })])
    await clock.run(0)
    expect(limiter.log).toEqual(['0 grant 1', '0 tokens 1: 50'])
  })

  it.each([
    ['is none', undefined],
    ['is null', null],
    ['is no object', 50],
    ['has no numbers', { total_tokens: '50' }],
    ['has half a token', { total_tokens: 50.5 }],
    ['has less than none', { total_tokens: -1 }],
    ['has more than there are', { total_tokens: 1e12 }],
    ['has only a part', { prompt_tokens: 20 }],
  ])('are not settled where the usage %s', async (_why, said) => {
    const call = startCall(limiter, [answer(200, { usage: said })])
    await clock.run(0)
    expect(call.ending).toHaveProperty('value')
    expect(limiter.log).toEqual(['0 grant 1'])
  })

  it.each([
    ['null', 'null'],
    ['a text', '"usage"'],
    ['empty', ''],
  ])('are not settled where the answer is %s', async (_what, text) => {
    startCall(limiter, [new Response(text)])
    await clock.run(0)
    expect(limiter.log).toEqual(['0 grant 1'])
  })

  it('are none of an attempt that was refused', async () => {
    startCall(limiter, [answer(429), answer(200, { usage })])
    await clock.run(5_000)
    expect(limiter.log).toEqual(['0 grant 1', '0 tokens 1: 0', '1000 grant 2', '1000 tokens 2: 50'])
  })

  it.each([
    ['a server error', () => answer(503, { usage })],
    ['a gateway that gave up', () => answer(504)],
    ['a request timeout', () => answer(408)],
    ['a broken connection', () => networkError()],
    ['a body that is no JSON', () => new Response('{"usage":{"total_tokens":1}')],
  ])('are not settled after %s', async (_what, first) => {
    startCall(limiter, [first(), answer(200, { usage })])
    await clock.run(5_000)
    expect(limiter.log).toEqual(['0 grant 1', '250 grant 2', '250 tokens 2: 50'])
  })

  it('are none where nothing was sent', async () => {
    const controller = new AbortController()
    limiter.makePermit = (id) => {
      controller.abort()
      return { settleTokens: (used: number) => limiter.write(`tokens ${id}: ${used}`) }
    }
    const call = startCall(limiter, [], { signal: controller.signal })
    await clock.run(0)
    expect(call.ending).toHaveProperty('error')
    expect(limiter.log).toEqual(['0 grant 1', '0 tokens 1: 0'])
  })
})

describe('a limiter of tokens', () => {
  it('has what an answer did not use, after a retry too', async () => {
    const profile = {
      name: 'tokens',
      tokenAccounting: 'used',
      rateLimits: [{ id: 'tokens', endpoints: ['chat'], tokensMax: 1_000, windowMs: 60_000 }],
      concurrencyLimits: [],
    } as const
    const ours = new TogetherRateLimiter({ profile, pacing: 'burst', clock })
    const answers = [answer(429), answer(200, { usage })]
    const call = togetherRetry(ours, async () => answers.shift() ?? answer(500), { tokens: 800 })
    // After a pause even 800 tokens come one at a time.
    await clock.run(60_000)
    await call
    expect(ours.snapshot().rateLimits[0]?.used).toBe(50)
    expect(ours.countsTokens()).toBe(true)
    expect(ours.countsTokens('images')).toBe(false)
  })

  it('says for which calls it counts tokens', () => {
    const limits = { windowMs: 60_000, tokensMax: 10 }
    const profile = {
      name: 'some',
      rateLimits: [
        { id: 'a', endpoints: ['chat'], models: ['big'], ...limits },
        { id: 'b', endpoints: ['embeddings'], scope: 'model', ...limits },
      ],
      concurrencyLimits: [],
    } as const
    const ours = new TogetherRateLimiter({ profile, clock })
    const counts = (['chat', 'embeddings', 'images'] as const).map((endpoint) => [
      ours.countsTokens(endpoint),
      ours.countsTokens(endpoint, 'big'),
    ])
    expect(counts).toEqual([
      [false, true],
      [true, true],
      [false, false],
    ])
    expect(new TogetherRateLimiter({ clock }).countsTokens('chat', 'big')).toBe(false)
    expect(() => ours.countsTokens('cha' as 'chat')).toThrow('endpoint')
  })
})
