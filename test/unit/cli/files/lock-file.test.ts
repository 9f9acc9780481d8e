import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockFile } from '../../../../src/cli/files/lock-file.ts'

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(folder, 'out')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('lockFile', () => {
  it('keeps a second one away until it is given back', async () => {
    const unlock = await lockFile(path)
    await expect(lockFile(path)).rejects.toThrow(`process ${process.pid}`)
    await unlock()
    expect(existsSync(`${path}.lock`)).toBe(false)
    await (
      await lockFile(path)
    )()
  })

  it('keeps away from another process that lives', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
    writeFileSync(`${path}.lock`, `${child.pid} \n`)
    await expect(lockFile(path)).rejects.toThrow(/is being written by process \d+; .*remove/)
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await (
      await lockFile(path)
    )()
  })

  it('takes over from a process that had the number of one that lives now', async () => {
    writeFileSync(`${path}.lock`, `${process.ppid} 1\n`)
    const unlock = await lockFile(path)
    expect(readFileSync(`${path}.lock`, 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+\n$`))
    await unlock()
  })

  it('takes over from one that had its own number', async () => {
    writeFileSync(`${path}.lock`, `${process.pid} 1\n`)
    await (
      await lockFile(path)
    )()
  })

  it.each(['', 'nobody\n'])('takes over what names nobody: %j', async (text) => {
    writeFileSync(`${path}.lock`, text)
    await (
      await lockFile(path)
    )()
  })

  it.each(['', '999999999 1\n'])(
    'is taken over by one alone, where many start at once: %j',
    async (text) => {
      for (let round = 0; round < 20; round += 1) {
        writeFileSync(`${path}.lock`, text)
        const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path)))
        const [first, ...others] = all.filter(({ status }) => status === 'fulfilled')
        expect(others).toEqual([])
        if (first?.status === 'fulfilled') await first.value()
      }
    },
  )

  it('is not given back by one whose lock was removed, and is now of another', async () => {
    const unlock = await lockFile(path)
    writeFileSync(`${path}.lock`, `${process.ppid} \n`)
    await unlock()
    expect(existsSync(`${path}.lock`)).toBe(true)
    rmSync(`${path}.lock`)
  })

  it('says where it cannot be', async () => {
    await expect(lockFile(join(folder, 'none', 'out'))).rejects.toThrow(
      /^cannot make \S+: no such file or directory \(ENOENT\)$/,
    )
  })
})
