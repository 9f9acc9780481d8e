import { expect, it } from 'vitest'
import { readVectors } from '../../../src/batch/embed/read-vectors.ts'

const one = { index: 0, embedding: [1, 2] }
const two = { index: 1, embedding: [3, 4] }
const both = { count: 2, format: 'array' } as const

it('places each vector by its index', () => {
  expect(readVectors(JSON.stringify({ data: [two, one] }), both)).toEqual([
    [1, 2],
    [3, 4],
  ])
})

it('makes Float32Arrays', () => {
  const text = JSON.stringify({ data: [one] })
  expect(readVectors(text, { count: 1, format: 'float32' })).toEqual([Float32Array.of(1, 2)])
})

it.each([
  ['one too few', { data: [one] }],
  ['one too many', { data: [one, two, two] }],
  ['the same index twice', { data: [one, one] }],
  ['an index beyond', { data: [one, { ...two, index: 2 }] }],
  ['an index below', { data: [one, { ...two, index: -1 }] }],
  ['no index', { data: [one, { embedding: [1, 2] }] }],
  ['no vector', { data: [one, { index: 1 }] }],
  ['an empty vector', { data: [one, { index: 1, embedding: [] }] }],
  ['another length', { data: [one, { index: 1, embedding: [1] }] }],
  ['something that is no number', { data: [one, { index: 1, embedding: [1, null] }] }],
  ['base64', { data: [one, { index: 1, embedding: 'AACAPw==' }] }],
  ['no data', {}],
  ['nothing', null],
  ['data of another kind', { data: 'two' }],
  ['entries of another kind', { data: [one, 2] }],
])('takes no answer with %s', (_what, answer) => {
  expect(readVectors(JSON.stringify(answer), both)).toBeUndefined()
})

it('takes no answer that is cut', () => {
  expect(readVectors('{"data":[{"index":0', both)).toBeUndefined()
})
