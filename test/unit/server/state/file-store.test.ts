import { describe, expect, it } from 'vitest'
import { FileStore, fileTypeOf, type StoredFile } from '../../../../src/server/state/file-store.ts'

function file(id: string, length: number, over: Partial<StoredFile> = {}): StoredFile {
  const bytes = new Uint8Array(length)
  return { id, key: 'k', name: id, purpose: 'eval', type: 'jsonl', createdAtMs: 0, bytes, ...over }
}

function idsOf(files: readonly StoredFile[]): readonly string[] {
  return files.map(({ id }) => id)
}

describe('FileStore', () => {
  it('forgets the oldest where there are too many', () => {
    const store = new FileStore({ countMax: 2, bytesMax: 100 })
    for (const id of ['a', 'b', 'c']) store.put(file(id, 1))
    expect(idsOf(store.list('k', 0))).toEqual(['b', 'c'])
    expect([store.size, store.bytes]).toEqual([2, 2])
  })

  it('forgets the oldest where they are too large, and never the newest', () => {
    const store = new FileStore({ countMax: 9, bytesMax: 10 })
    store.put(file('a', 4))
    store.put(file('b', 6))
    expect(store.size).toBe(2)
    store.put(file('c', 1))
    expect(idsOf(store.list('k', 0))).toEqual(['b', 'c'])
    store.put(file('d', 11))
    expect(idsOf(store.list('k', 0))).toEqual(['d'])
    expect(store.bytes).toBe(11)
  })

  it('counts the bytes of a file once, however often it is put', () => {
    const store = new FileStore({ countMax: 9, bytesMax: 10 })
    store.put({ ...file('a', 0), bytes: undefined })
    store.put(file('a', 5))
    store.put(file('a', 3))
    expect([store.size, store.bytes]).toEqual([1, 3])
    store.remove('a')
    store.remove('a')
    expect([store.size, store.bytes]).toEqual([0, 0])
  })

  it('shows a file to its key from its instant on, one without a key to all', () => {
    const store = new FileStore({ countMax: 9, bytesMax: 10 })
    store.put(file('mine', 1, { createdAtMs: 5 }))
    store.put(file('all', 1, { key: undefined, createdAtMs: 5 }))
    expect(store.find('k', 'mine', 4)).toBeUndefined()
    expect(store.find('k', 'mine', 5)?.id).toBe('mine')
    expect(store.find('other', 'mine', 5)).toBeUndefined()
    expect(idsOf(store.list('other', 0))).toEqual(['all'])
    expect(store.get('mine')?.id).toBe('mine')
  })
})

describe('fileTypeOf', () => {
  it.each([
    ['a.jsonl', 'jsonl'],
    ['a.b.PARQUET', 'parquet'],
    ['csv', 'csv'],
    ['a.txt', undefined],
    ['', undefined],
  ])('finds by the name %j the type %s', (name, type) => {
    expect(fileTypeOf(name)).toBe(type)
  })
})
