import { expect, it } from 'vitest'
import { seedsToRerun } from '../../../sim/determinism.ts'

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

it.each([
  [3, 3],
  [8, 8],
  [160, 8],
  [260, 13],
  [1_000, 50],
])('of %i seeds runs %i again', (count, expected) => {
  expect(seedsToRerun(seeds(count))).toHaveLength(expected)
})

it('spreads them over the set', () => {
  expect(seedsToRerun(seeds(200))).toEqual([1, 21, 41, 61, 81, 101, 121, 141, 161, 181])
})
