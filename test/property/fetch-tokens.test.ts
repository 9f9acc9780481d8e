/**
 * The estimate of tokens for any body at all, and the usage that is found in an answer however it is cut into chunks.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpointClasses } from '../../src/core/profile.ts'
import { tokensOfUsage } from '../../src/core/usage.ts'
import { estimateTokens } from '../../src/fetch/estimate-tokens.ts'
import { UsageScanner } from '../../src/fetch/usage-scanner.ts'

const endpoints = fc.constantFrom(...endpointClasses)
const texts = fc.string({ unit: 'binary', maxLength: 200 })
const counts = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
)
const estimateMax = 1_048_576

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly max_tokens?: number
  readonly n?: number
}

const bodies: fc.Arbitrary<Body> = fc.record(
  {
    messages: fc.array(fc.record({ role: fc.constantFrom('user', 'system'), content: texts })),
    max_tokens: counts,
    n: counts,
  },
  { requiredKeys: ['messages'] },
)

describe('an estimate', () => {
  it('is a whole number of at least 1 for any JSON, and for nothing', () => {
    const odd = fc.constantFrom(
      undefined,
      JSON.parse('{"max_tokens":1e999,"n":1e999}'),
      JSON.parse('{"max_tokens":0,"n":1e999,"prompt":[]}'),
      JSON.parse('{"max_tokens":-3,"n":0.5,"prompt":[[1,2],[3]]}'),
      JSON.parse(`{"messages":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
      JSON.parse('{"__proto__":{"max_tokens":7},"type":null,"usage":{}}'),
    )
    fc.assert(
      fc.property(
        fc.oneof({ weight: 5, arbitrary: fc.jsonValue() }, odd),
        endpoints,
        (body, endpoint) => {
          const tokens = estimateTokens(body, endpoint)
          expect(Number.isInteger(tokens) && tokens >= 1 && tokens <= estimateMax).toBe(true)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('is not less for more text, more messages, more tokens or more choices', () => {
    fc.assert(
      fc.property(bodies, texts, counts, (body, text, count) => {
        const tokens = estimateTokens(body, 'chat')
        const more: Body[] = [
          { ...body, messages: [...body.messages, { role: 'user', content: text }] },
          {
            ...body,
            messages: body.messages.map(({ role, content }) => ({ role, content: content + text })),
          },
          ...(body.max_tokens === undefined
            ? []
            : [{ ...body, max_tokens: body.max_tokens + count }]),
          { ...body, n: (body.n ?? 1) + count },
        ]
        for (const bigger of more)
          expect(estimateTokens(bigger, 'chat')).toBeGreaterThanOrEqual(tokens)
      }),
      { numRuns: 500 },
    )
  })

  it('is at least what was asked for, for each choice, and half the length of the text', () => {
    fc.assert(
      fc.property(bodies, ({ messages, max_tokens: asked = 0, n = 1 }) => {
        const length = messages.reduce((sum, { content }) => sum + content.length, 0)
        const least = length / 2 + asked * Math.max(1, n)
        const body = { messages, max_tokens: asked, n }
        expect(estimateTokens(body, 'chat')).toBeGreaterThanOrEqual(Math.min(estimateMax, least))
      }),
    )
  })

  it('of token ids is at least their number', () => {
    const ids = fc.array(fc.array(fc.nat(200_000), { maxLength: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(ids, (input) => {
        const tokens = estimateTokens({ model: 'a', input }, 'embeddings')
        expect(tokens).toBeGreaterThanOrEqual(Math.max(1, input.flat().length))
        expect(tokens).toBeLessThan(input.flat().length + input.length + 20)
      }),
    )
  })
})

describe('the usage of an answer', () => {
  const usages = fc.record(
    {
      total_tokens: fc.nat(1e6),
      prompt_tokens: fc.nat(1e6),
      completion_tokens: fc.nat(1e6),
      details: fc.record({ '}{"': texts }),
    },
    { requiredKeys: [] },
  )
  const values = fc.oneof(usages, fc.constantFrom(null, 7, 'usage', []))
  const events = fc.array(
    fc.record({
      usage: values,
      text: fc.oneof(texts, fc.constantFrom('"usage":{"total_tokens":9}', 'usage', '\\')),
    }),
    {
      maxLength: 8,
    },
  )

  it('is found wherever its chunks end, and read as it is when it is whole', () => {
    let found = 0
    fc.assert(
      fc.property(
        events,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 300 })), {
          minLength: 1,
        }),
        (list, lengths) => {
          const stream = `${list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`
          const scanner = new UsageScanner()
          for (const chunk of chunksOf(new TextEncoder().encode(stream), lengths)) {
            const before = chunk.slice()
            scanner.push(chunk)
            expect(chunk).toEqual(before)
            // Whoever got it may change it.
            chunk.fill(0)
          }
          const named = list
            .map(({ usage }) => tokensOfUsage(usage))
            .filter((tokens) => tokens !== undefined)
          expect(scanner.tokens).toBe(named.length === 0 ? undefined : Math.max(...named))
          expect(scanner.endsWithDone).toBe(true)
          found += named.length
        },
      ),
      { numRuns: 1_000 },
    )
    expect(found).toBeGreaterThan(500)
  })

  it('is not believed before its end, and not where it is longer than any', () => {
    const text = new TextEncoder().encode(
      '{"usage":{"total_tokens":9},"x":{"usage":{"total_tokens":99}}}',
    )
    const scanner = new UsageScanner()
    scanner.push(text.subarray(0, text.length - 3))
    expect(scanner.tokens).toBeUndefined()
    scanner.push(text.subarray(text.length - 3))
    expect(scanner.tokens).toBe(99)
    const long = { usage: { text: 'x'.repeat(5_000), total_tokens: 100 } }
    scanner.push(new TextEncoder().encode(JSON.stringify(long)))
    expect(scanner.tokens).toBeUndefined()
  })

  it('never throws and never ends with a mark by chance, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const scanner = new UsageScanner()
        for (const chunk of chunks) scanner.push(chunk)
        expect([scanner.tokens, scanner.endsWithDone]).toEqual([undefined, false])
      }),
    )
  })
})

function* chunksOf(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1
    yield bytes.slice(at, at + length)
    at += length
  }
}
