import { expect, it } from 'vitest'
import { seedsToRerun } from '../../../sim/determinism.ts'

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

it.each([
  [3, 3],
  [8, 8],
  [160, 8],
  [320, 8],
  [1_000, 25],
])('of %i seeds runs %i again', (count, expected) => {
  expect(seedsToRerun(seeds(count))).toHaveLength(expected)
})

it('spreads them over the set', () => {
  expect(seedsToRerun(seeds(400))).toEqual([1, 41, 81, 121, 161, 201, 241, 281, 321, 361])
})
