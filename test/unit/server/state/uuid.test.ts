import { describe, expect, it } from 'vitest'
import { formatUuid } from '../../../../src/server/state/uuid.ts'

describe('formatUuid', () => {
  it.each([
    [1, 1, '00000001-0000-4000-8000-000000000001'],
    [255, -1, '000000ff-0000-4000-8000-ffffffffffff'],
    [0, Number.MAX_SAFE_INTEGER, '00000000-0000-4000-8000-ffffffffffff'],
    [0, Number.MIN_SAFE_INTEGER, '00000000-0000-4000-8000-000000000001'],
  ])('writes count %s and seed %s as %s', (count, seed, text) => {
    expect(formatUuid(count, seed)).toBe(text)
  })
})
