import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../../../src/cli/files/node-disk.ts'
import { messageOf } from '../../../../src/cli/files/system-error.ts'

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('nodeDisk', () => {
  it('reads, appends, cuts and replaces', async () => {
    const file = await nodeDisk.open(at('a'), 'write')
    await file.append(Buffer.from('one\n'))
    await file.append(Buffer.from('two\n'))
    expect(await file.size()).toBe(8)
    expect(Buffer.from(await file.read(4, 100)).toString()).toBe('two\n')
    await file.truncate(4)
    await file.append(Buffer.from('six\n'))
    await file.sync()
    await file.close()
    expect(readFileSync(at('a'), 'utf8')).toBe('one\nsix\n')
    writeFileSync(at('b'), 'other')
    await nodeDisk.replace(at('a'), at('b'))
    expect(readFileSync(at('a'), 'utf8')).toBe('other')
    await nodeDisk.remove(at('b'))
  })

  it('lets nobody read what is put in the place of a file that they may not read', async () => {
    writeFileSync(at('secret'), 'old', { mode: 0o600 })
    writeFileSync(at('secret.sorting'), 'new', { mode: 0o644 })
    await nodeDisk.replace(at('secret'), at('secret.sorting'))
    expect(readFileSync(at('secret'), 'utf8')).toBe('new')
    expect(statSync(at('secret')).mode & 0o777).toBe(0o600)
    writeFileSync(at('again'), 'x')
    await nodeDisk.replace(at('gone'), at('again'))
    expect(readFileSync(at('gone'), 'utf8')).toBe('x')
  })

  it('says what it cannot read, and that it is no fault of the program', async () => {
    const file = await nodeDisk.open(at('unreadable'), 'write')
    await file.close()
    await expect(file.read(0, 8)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^cannot read \S+unreadable: .*; start again when/),
    })
  })

  it('opens what is there without losing it', async () => {
    writeFileSync(at('c'), 'kept')
    const file = await nodeDisk.open(at('c'), 'write')
    expect(await file.size()).toBe(4)
    await file.close()
  })

  it.each([
    ['a folder', '.', 'write', 'it is not a regular file'],
    ['a device', '/dev/null', 'write', 'it is not a regular file'],
    ['nothing', 'none', 'read', 'no such file or directory (ENOENT)'],
    ['no folder', 'none/d', 'write', 'no such file or directory (ENOENT)'],
  ] as const)('says why it cannot open %s', async (_what, name, mode, why) => {
    const path = name.startsWith('/') ? name : at(name)
    await expect(nodeDisk.open(path, mode)).rejects.toThrow(`cannot open ${path}: ${why}`)
  })
})

it('takes the path out of what the system says', () => {
  const error = Object.assign(new Error("EACCES: permission denied, open '/a/b, c'"), {
    code: 'EACCES',
  })
  expect(messageOf(error)).toBe('permission denied (EACCES)')
  expect(messageOf(new Error('plain'))).toBe('plain')
  expect(messageOf('text')).toBe('text')
})
