import { expect, it } from 'vitest'
import { findDivergence } from '../../../sim/divergence.ts'

const trace = ['0 c0 begins chat', '0 c0/1 sent', '5 c0/1 arrives 200', '9 c0/1 answered 200']

it('says nothing of traces that are equal', () => {
  const text = trace.join('\n')
  expect(findDivergence(text, text, ['first', 'again'])).toBeUndefined()
})

it('names the first event that differs, with both lines and those before it', () => {
  const later = trace.with(3, '12 c0/1 answered 200')
  expect(findDivergence(trace.join('\n'), later.join('\n'), ['first', 'again'])).toEqual({
    atMs: 9,
    description: `event 4 of 4 and 4 is the first that differs
         0 c0 begins chat
         0 c0/1 sent
         5 c0/1 arrives 200
  first  9 c0/1 answered 200
  again  12 c0/1 answered 200`,
  })
})

it('says where one of them has ended', () => {
  const { atMs, description } =
    findDivergence(trace.join('\n'), trace.slice(0, 3).join('\n'), ['one', 'other']) ?? {}
  expect(atMs).toBe(9)
  expect(description).toContain('one    9 c0/1 answered 200\n  other  the trace has ended')
})
