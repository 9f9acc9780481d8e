import { describe, expect, it } from 'vitest'
import { Journal, JournalRecord, redactKey } from '../../../../src/server/state/journal.ts'

/** Journals requests at 1, 2, 3 … ms. */
function fill(journal: Journal, count: number): void {
  for (let atMs = 1; atMs <= count; atMs += 1) {
    const record = journal.next()
    if (record !== undefined) record.atMs = atMs
  }
}

describe('Journal', () => {
  it.each([0, 1, 3, 10])('keeps the newest %d entries in order', (lengthMax) => {
    const journal = new Journal(lengthMax)
    fill(journal, 8)
    const kept = Math.min(8, lengthMax)
    const expected = Array.from({ length: kept }, (_, index) => 8 - kept + 1 + index)
    expect(journal.read().map((entry) => entry.atMs)).toEqual(expected)
  })

  it('hands out copies', () => {
    const journal = new Journal(3)
    fill(journal, 3)
    const before = journal.read()
    fill(journal, 2)
    expect(before.map(({ atMs }) => atMs)).toEqual([1, 2, 3])
    expect(journal.read().map(({ atMs }) => atMs)).toEqual([3, 1, 2])
  })
})

describe('JournalRecord', () => {
  it('is an entry without what is not there', () => {
    const record = new JournalRecord()
    expect(Object.keys(record.toEntry())).toEqual([
      'atMs',
      'method',
      'path',
      'key',
      'endpoint',
      'model',
      'status',
      'counted',
    ])
    record.tokens = 0
    record.fault = 'f'
    expect(record.toEntry()).toMatchObject({ tokens: 0, fault: 'f' })
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
