import { describe, expect, it } from 'vitest'
import { describeEntry } from '../../../../src/server/cli/describe-entry.ts'
import type { JournalEntry } from '../../../../src/server/handler.ts'

const entry: JournalEntry = {
  atMs: 1_500,
  method: 'POST',
  path: '/v1/images/generations',
  key: '…0001',
  endpoint: 'images',
  model: undefined,
  status: 200,
  counted: true,
}

describe('describeEntry', () => {
  it('is silent about what was answered well', () => {
    expect(describeEntry(entry)).toBeUndefined()
  })

  it('tells the limit that refused and when it frees', () => {
    const refused = { ...entry, status: 429, refusedBy: 'images', freesAtMs: 60_000 }
    expect(describeEntry(refused)).toBe(
      '1.500 s  429  POST /v1/images/generations  key …0001  refused by limit images, frees in 58.500 s',
    )
  })

  it('tells the fault, and that nothing was answered', () => {
    expect(describeEntry({ ...entry, status: 0, fault: 'cut' })).toContain('  ---  ')
    expect(describeEntry({ ...entry, fault: 'cut' })).toContain('fault cut')
  })

  it('tells why a request was refused otherwise', () => {
    const refused = { ...entry, status: 401, key: '', reason: 'no API key' }
    expect(describeEntry(refused)).toContain('no key  refused: no API key')
  })

  it('prints one short line, whatever the path holds', () => {
    const path = `/v1/\u001B[2J\r\n${'x'.repeat(5_000)}`
    const line = describeEntry({ ...entry, path, status: 404, reason: 'nothing' }) ?? ''
    expect(line).toContain('/v1/?[2J??x')
    expect(line.length).toBeLessThan(250)
  })
})
