/**
 * Well-formed bodies that are made to hurt are answered like any others: without an exception, and within a bound.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MockTogether, findServerProfile } from '../../src/server/handler.ts'
import {
  adversarialFaults,
  adversarialRequests,
  postAdversarial,
} from '../helpers/adversarial-bodies.ts'
import { answerSize, answerSizeMax } from '../helpers/answer-size.ts'
import { batchFile, chat } from '../unit/server/mock-request.ts'
import { expectWellFormed } from '../helpers/expect-well-formed.ts'

/** Between two requests all limits and places are free again. */
const PAUSE_MS = 600_000

function createMock(profileName: string): MockTogether {
  const profile = findServerProfile(profileName)
  if (profile === undefined) throw new Error(`there is no profile ${profileName}`)
  return new MockTogether({ profile, journalLengthMax: 10, files: [batchFile] })
}

describe.each(['documented', 'unlimited'])('the profile %s', (profileName) => {
  it.each(Object.entries(adversarialRequests))(
    'answers whatever is well-formed at %s',
    (_path, requests) => {
      const mock = createMock(profileName)
      const statuses = new Set<number>()
      let nowMs = 0
      fc.assert(
        fc.property(requests, (request) => {
          nowMs += PAUSE_MS
          const response = mock.handle(request, nowMs)
          statuses.add(response.status)
          expect([200, 201, 400, 403, 404]).toContain(response.status)
          expect(answerSize(response)).toBeLessThanOrEqual(answerSizeMax(request))
          expectWellFormed(request, response)
        }),
        { numRuns: 150 },
      )
      // The generator must reach both sides of the doors.
      expect([...statuses].some((status) => status < 300)).toBe(true)
      expect(statuses).toContain(400)
      expect(JSON.stringify(mock.journal()).length).toBeLessThan(100_000)
    },
  )
})

describe('a fault that a request asks for', () => {
  it('is met or refused, whatever the header says', () => {
    const mock = createMock('unlimited')
    const statuses = new Set<number>()
    fc.assert(
      fc.property(adversarialFaults, (fault) => {
        const request = { ...chat(), headers: { ...chat().headers, 'x-mock-fault': fault } }
        const response = mock.handle(request, 0)
        statuses.add(response.status)
        expect(answerSize(response)).toBeLessThanOrEqual(answerSizeMax(request))
        for (const [name, value] of Object.entries(response.headers)) {
          expect(`${name}: ${value}`).toMatch(/^[a-z0-9-]+: [\t\x20-\x7e]*$/)
        }
      }),
      { numRuns: 1_000 },
    )
    expect(statuses.size).toBeGreaterThan(10)
  })
})

describe('a lenient profile', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 })
  const odd = fc.record({
    model: names,
    max_tokens: fc.nat(100_000),
    n: fc.integer({ min: 0, max: 16 }),
    top_n: fc.nat(),
    width: fc.nat(8_192),
    height: fc.nat(8_192),
    steps: fc.nat(1_000),
    seed: fc.maxSafeInteger(),
    stream: fc.boolean(),
    echo: fc.boolean(),
  })

  it('answers odd arguments for any model with success', () => {
    const mock = createMock('unlimited')
    fc.assert(
      fc.property(odd, fc.string(), ({ n, ...over }, text) => {
        const bodies: Record<string, object> = {
          '/v1/chat/completions': { n: n + 1, messages: [{ role: 'user', content: text }] },
          '/v1/completions': { n: n + 1, prompt: text },
          '/v1/embeddings': { input: text },
          '/v1/images/generations': { n, prompt: text },
          '/v1/rerank': { query: text, documents: [text] },
        }
        for (const [path, body] of Object.entries(bodies)) {
          const request = postAdversarial(path, { ...body, ...over })
          const response = mock.handle(request, 0)
          expect([path, response.status, response.body.slice(0, 200)]).toEqual([
            path,
            200,
            expect.any(String),
          ])
          expectWellFormed(request, response)
        }
      }),
      { numRuns: 150 },
    )
  })
})
