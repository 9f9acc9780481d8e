import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DiskFile } from '../../../../src/cli/index.ts'
import type { FilePlan } from '../../../../sim/scenario/types.ts'
import { ClientProcess } from '../../../../sim/world/client-process.ts'
import { SimDisk } from '../../../../sim/world/sim-disk.ts'

const plan: FilePlan = { crashes: [], writeMs: { minMs: 10, maxMs: 10 }, full: [] }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function open(disk: SimDisk, process: ClientProcess): Promise<DiskFile> {
  return disk.for(process).open('file', 'write')
}

/** Whether a promise settles while the clock moves on. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  await vi.advanceTimersByTimeAsync(1_000)
  return isSettled
}

describe('SimDisk', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('writes at the end, in time, and reads what is there', async () => {
    const disk = new SimDisk(1, plan)
    const file = await open(disk, new ClientProcess(1))
    const written = file.append(bytesOf('one\n'))
    expect(await file.size()).toBe(0)
    await vi.advanceTimersByTimeAsync(10)
    await written
    expect(disk.text('file')).toBe('one\n')
    expect(await file.read(1, 10)).toEqual(bytesOf('ne\n'))
    await file.truncate(2)
    expect(disk.text('file')).toBe('on')
  })

  it('keeps a part of what a process was writing when it died, and tells it nothing', async () => {
    const lengths = new Set<number>()
    for (let seed = 1; seed <= 20; seed += 1) {
      const disk = new SimDisk(seed, plan)
      const process = new ClientProcess(1)
      const file = await open(disk, process)
      const writing = file.append(bytesOf('0123456789'))
      process.die()
      disk.lose()
      expect(await settles(writing)).toBe(false)
      expect('0123456789'.startsWith(disk.text('file'))).toBe(true)
      lengths.add(disk.text('file').length)
    }
    expect(lengths.size).toBeGreaterThan(5)
  })

  it('keeps what was synced where the machine stops, and of the rest a part, or nothing in its place', async () => {
    const texts = new Set<string>()
    for (let seed = 1; seed <= 40; seed += 1) {
      const disk = new SimDisk(seed, plan)
      const file = await open(disk, new ClientProcess(1))
      for (const text of ['synced', '0123']) {
        void file.append(bytesOf(text))
        await vi.advanceTimersByTimeAsync(10)
        if (text === 'synced') await file.sync()
      }
      disk.stop()
      expect(disk.text('file')).toMatch(/^synced[0123]*\0*$/)
      texts.add(disk.text('file'))
    }
    expect(texts.has('synced')).toBe(true)
    expect([...texts].some((text) => text.endsWith('\0'))).toBe(true)
  })

  it('takes only a part while it is full', async () => {
    const disk = new SimDisk(1, { ...plan, full: [{ fromMs: 0, toMs: 1e15 }] })
    const file = await open(disk, new ClientProcess(1))
    const writing = file.append(bytesOf('one'))
    writing.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(10)
    await expect(writing).rejects.toThrow('ENOSPC')
  })

  it('counts what is open and locked by the living, and gives the lock of a dead process to the next', async () => {
    const disk = new SimDisk(1, plan)
    const [one, other] = [new ClientProcess(1), new ClientProcess(2)]
    const unlock = await disk.for(one).lock('file')
    const file = await open(disk, one)
    expect(disk.held).toBe(2)
    await expect(disk.for(other).lock('file')).rejects.toThrow('another process')
    one.die()
    disk.lose()
    expect(disk.held).toBe(0)
    await disk.for(other).lock('file')
    await unlock()
    await file.close()
    expect(disk.held).toBe(1)
  })
})

describe('ClientProcess', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('fires its timers while it lives, but for those that were cancelled', async () => {
    const process = new ClientProcess(1)
    const fired: string[] = []
    process.clock.setTimer(() => fired.push('kept'), 10)
    process.clock.setTimer(() => fired.push('cancelled'), 10)()
    await vi.advanceTimersByTimeAsync(10)
    expect(fired).toEqual(['kept'])
  })

  it('fires none once it is dead, sets none, and tells of its death at once', () => {
    const process = new ClientProcess(1)
    const seen: string[] = []
    process.clock.setTimer(() => seen.push('before'), 10)
    process.onDeath(() => seen.push('dead'))
    process.die()
    expect(seen).toEqual(['dead'])
    process.clock.setTimer(() => seen.push('after'), 0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
