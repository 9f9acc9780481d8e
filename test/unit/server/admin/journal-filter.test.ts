import { describe, expect, it } from 'vitest'
import { readJournalFilter } from '../../../../src/server/admin/journal-filter.ts'
import type { JournalEntry } from '../../../../src/server/index.ts'

const entry: JournalEntry = {
  atMs: 1_500.5,
  method: 'POST',
  path: '/v1/images/generations',
  key: '…0001',
  endpoint: 'images',
  model: 'a/b',
  status: 429,
  counted: false,
  refusedBy: 'images',
  fault: 'fault-1',
}

function matches(query: string, changes: Partial<JournalEntry> = {}): boolean {
  return readJournalFilter(new URLSearchParams(query)).matches({ ...entry, ...changes })
}

describe('readJournalFilter', () => {
  it('takes everything unless told otherwise', () => {
    expect(matches('')).toBe(true)
    expect(readJournalFilter(new URLSearchParams()).limit).toBe(1_000)
    expect(readJournalFilter(new URLSearchParams('limit=7')).limit).toBe(7)
  })

  it.each([
    ['endpoint=images', 'endpoint=chat'],
    ['status=429', 'status=200'],
    ['model=a%2Fb', 'model=a'],
    ['key=0001', 'key=0000'],
    ['key=1', 'key=0'],
    ['refusedBy=images', 'refusedBy=image'],
    ['fault=fault-1', 'fault=fault-2'],
    ['fromMs=1500.5', 'fromMs=1500.6'],
    ['toMs=1500.6', 'toMs=1500.5'],
    ['endpoint=images&status=429', 'endpoint=images&status=200'],
  ])('takes by %s, not by %s', (good, bad) => {
    expect(matches(good)).toBe(true)
    expect(matches(bad)).toBe(false)
  })

  it('finds paths of no endpoint, and what never got an answer', () => {
    const changes = { endpoint: undefined, status: 0 } as unknown as Partial<JournalEntry>
    expect(matches('endpoint=none&status=0', changes)).toBe(true)
    expect(matches('endpoint=none')).toBe(false)
  })

  it('finds nothing by the mark of a key that was cut', () => {
    expect(matches('key=%E2%80%A6')).toBe(false)
  })

  it.each([
    ['colour', 'colour=red'],
    ['toString', 'toString=1'],
    ['__proto__', '__proto__=1'],
    ['endpoint', 'endpoint=chats'],
    ['status', 'status=ok'],
    ['status', 'status='],
    ['status', 'status=600'],
    ['status', 'status=0x1ad'],
    ['model', 'model='],
    ['key', 'key='],
    ['key', 'key=sk-whole-key-0001'],
    ['refusedBy', 'refusedBy='],
    ['fault', 'fault='],
    ['fromMs', 'fromMs=soon'],
    ['toMs', 'toMs=Infinity'],
    ['limit', 'limit=0'],
    ['limit', 'limit=1.5'],
    ['status', 'status=200&status=429'],
  ])('refuses with the name of %s: %s', (name, query) => {
    expect(() => matches(query)).toThrow(`option ${name}: expected`)
  })

  it('repeats no key in its error', () => {
    expect(() => matches('key=sk-whole-key-0001')).not.toThrow('whole')
  })
})
