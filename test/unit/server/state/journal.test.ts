import { describe, expect, it } from 'vitest'
import { Journal, redactKey } from '../../../../src/server/state/journal.ts'
import type { JournalEntry } from '../../../../src/server/handler.ts'

function entryAt(atMs: number): JournalEntry {
  const names = { method: 'GET', path: '/', key: '', endpoint: undefined, model: undefined }
  return { ...names, atMs, status: 200, counted: false }
}

describe('Journal', () => {
  it.each([0, 1, 3, 10])('keeps the newest %d entries in order', (lengthMax) => {
    const journal = new Journal(lengthMax)
    for (let atMs = 1; atMs <= 8; atMs += 1) journal.append(entryAt(atMs))
    const kept = Math.min(8, lengthMax)
    const expected = Array.from({ length: kept }, (_, index) => 8 - kept + 1 + index)
    expect(journal.read().map((entry) => entry.atMs)).toEqual(expected)
  })

  it('hands out copies', () => {
    const journal = new Journal(3)
    const before = journal.read()
    journal.append(entryAt(1))
    expect(before).toHaveLength(0)
  })
})

describe('redactKey', () => {
  it.each([
    ['', ''],
    ['abc', '…'],
    ['tenant-a', '…-a'],
    ['0123456789abcdef', '…cdef'],
    ['0123456789abcdef0123456789abcdef', '…cdef'],
  ])('shows of %j only %j', (key, shown) => {
    expect(redactKey(key)).toBe(shown)
  })
})
