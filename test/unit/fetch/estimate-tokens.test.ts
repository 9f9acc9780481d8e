import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../../../src/fetch/estimate-tokens.ts'

const template = 64
const asked = 10

/** What the prompt of a chat is taken for, without the answer. */
function promptOf(content: unknown): number {
  const messages = [{ role: 'user', content }]
  return estimateTokens({ messages, max_tokens: asked }, 'chat') - template - asked
}

describe('the estimate of a prompt', () => {
  const empty = promptOf('')

  it.each([
    ['English, half a token a character', 'Say nothing.', 6],
    ['digits, one each', '31415926', 8],
    ['Cyrillic, two a letter', 'привет', 12],
    ['Chinese, two a character', '你好', 4],
    ['an emoji, its four bytes', '🙂', 4],
  ])('is: %s', (_what, text, tokens) => {
    expect(promptOf(text) - empty).toBe(tokens)
  })

  it('takes a picture, a sound or a file for 6,500, whatever its bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(100_000)}`
    const text = promptOf([{ type: 'text', text: 'What is it?' }])
    const picture = { type: 'image_url', image_url: { url } }
    expect(promptOf([{ type: 'text', text: 'What is it?' }, picture]) - text).toBe(6_501)
  })

  it('has the tools in it', () => {
    const tools = [{ type: 'function', function: { name: 'f', description: 'x'.repeat(100) } }]
    const plain = estimateTokens({ messages: [], max_tokens: 1 }, 'chat')
    expect(estimateTokens({ messages: [], max_tokens: 1, tools }, 'chat') - plain).toBeGreaterThan(
      50,
    )
  })
})

describe('the estimate of an answer', () => {
  const base = estimateTokens({ max_tokens: 0 }, 'chat')

  it.each([
    ['max_tokens', { max_tokens: 1_000 }, 1_000],
    ['the larger of two names', { max_tokens: 10, max_completion_tokens: 1_000 }, 1_000],
    ['the name of newer APIs', { max_output_tokens: 1_000 }, 1_000],
    ['each choice', { max_tokens: 1_000, n: 3 }, 3_000],
    ['the best of several', { max_tokens: 1_000, best_of: 4, n: 2 }, 4_000],
    ['each prompt of a list', { max_tokens: 1_000, prompt: ['a', 'b'] }, 2_000],
    ['one prompt of token ids', { max_tokens: 1_000, prompt: [1, 2, 3] }, 1_000],
    ['2,048 where nothing is said', {}, 2_048],
    ['2,048 where nonsense is said', { max_tokens: 'many' }, 2_048],
  ])('is: %s', (_what, body, tokens) => {
    const estimate = estimateTokens(body, 'chat') - base
    expect(estimate).toBeGreaterThanOrEqual(tokens - 20)
    expect(estimate).toBeLessThan(tokens + 40)
  })

  it('is nothing for embeddings', () => {
    expect(estimateTokens({ input: 'a', max_tokens: 1_000 }, 'embeddings')).toBeLessThan(30)
  })

  it('is no more than any model can give', () => {
    expect(estimateTokens({ max_tokens: 1e12, n: 128 }, 'chat')).toBe(1_048_576)
  })
})
