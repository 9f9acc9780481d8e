import { describe, expect, it } from 'vitest'
import {
  callThroughFetch,
  FailedAnswer,
  type FetchCall,
} from '../../../../sim/world/fetch-client.ts'
import { requestFor } from '../../../../sim/world/requests.ts'

/** A fetch that gives these answers in turn, and counts how often it is called. */
function callWith(answers: readonly Response[]): { call: FetchCall; count: () => number } {
  let count = 0
  const answer = (): Promise<Response> => {
    count += 1
    return Promise.resolve(answers[count - 1] as Response)
  }
  const call: FetchCall = {
    createFetch: () => answer,
    limiter: { acquire: () => Promise.resolve() },
    request: requestFor('chat'),
    signal: undefined,
    retry: {},
    tokens: 0,
    send: answer,
    onJob: () => undefined,
  }
  return { call, count: () => count }
}

const marked = { headers: { 'x-should-retry': 'false' } }

describe('callThroughFetch', () => {
  it('resolves with the parsed body', async () => {
    const { call, count } = callWith([Response.json({ id: 1 })])
    expect(await callThroughFetch(call)).toEqual({ id: 1 })
    expect(count()).toBe(1)
  })

  it('sends again what has no mark, as the SDKs do, twice at the most', async () => {
    const cured = callWith([new Response('', { status: 503 }), Response.json({ id: 2 })])
    expect(await callThroughFetch(cured.call)).toEqual({ id: 2 })
    const ill = callWith([429, 500, 503, 503].map((status) => new Response('', { status })))
    await expect(callThroughFetch(ill.call)).rejects.toMatchObject({ status: 503 })
    expect(ill.count()).toBe(3)
  })

  it('leaves alone what is marked, and what no retry can cure', async () => {
    const body = JSON.stringify({ error: { code: 'RETRIES_EXHAUSTED', reason: 'budget' } })
    const final = callWith([new Response(body, { status: 503, ...marked })])
    await expect(callThroughFetch(final.call)).rejects.toMatchObject({
      status: 503,
      code: 'RETRIES_EXHAUSTED',
      reason: 'budget',
    })
    const wrong = callWith([new Response('no JSON', { status: 400 })])
    await expect(callThroughFetch(wrong.call)).rejects.toBeInstanceOf(FailedAnswer)
    expect([final.count(), wrong.count()]).toEqual([1, 1])
  })
})
