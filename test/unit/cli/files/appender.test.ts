import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../../src/cli/command-error.ts'
import { Appender } from '../../../../src/cli/files/appender.ts'
import { watch } from '../../../helpers/fetch-world.ts'
import { MemoryDisk } from '../../../helpers/memory-disk.ts'
import { drainPromises } from '../../../helpers/virtual-clock.ts'

async function open(text = ''): Promise<{ disk: MemoryDisk; appender: Appender }> {
  const disk = new MemoryDisk({ out: text })
  return { disk, appender: new Appender(await disk.open('out', 'write'), 'out', text.length) }
}

describe('Appender', () => {
  it('says where each line is, in bytes', async () => {
    const { disk, appender } = await open('before\n')
    expect(appender.add('é')).toEqual({ offset: 7, length: 3 })
    expect(appender.add('two')).toEqual({ offset: 10, length: 4 })
    await appender.flush()
    expect(disk.text('out')).toBe('before\né\ntwo\n')
    expect(appender.written).toBe(14)
  })

  it('keeps the whole lines of what could be written in part, and takes no more', async () => {
    const { disk, appender } = await open()
    disk.bytesLeft = 17
    for (const text of ['one', 'two', 'three', 'four']) appender.add(text)
    await expect(appender.flush()).rejects.toMatchObject({ exitCode: exitCodes.stopped })
    expect(disk.text('out')).toBe('one\ntwo\nthree\n')
    expect(appender.written).toBe(14)
    disk.bytesLeft = Infinity
    expect(() => appender.add('five')).toThrow('no space left on device (ENOSPC)')
    await expect(appender.flush()).rejects.toThrow('cannot write out')
  })

  it('makes whoever writes faster than the disk wait', async () => {
    const disk = new MemoryDisk()
    const file = await disk.open('out', 'write')
    let goOn: (() => void) | undefined
    const slow = {
      ...file,
      append: async (bytes: Uint8Array) => {
        await new Promise<void>((resolve) => {
          goOn = resolve
        })
        await file.append(bytes)
      },
    }
    const appender = new Appender(slow, 'out', 0)
    const large = 'x'.repeat(3_000_000)
    appender.add(large)
    appender.add(large)
    await appender.relieve()
    appender.add(large)
    const relieved = watch(appender.relieve())
    await drainPromises()
    expect(relieved.isSettled).toBe(false)
    goOn?.()
    await drainPromises()
    goOn?.()
    await drainPromises()
    expect(relieved.isSettled).toBe(true)
    expect(disk.text('out')).toHaveLength(9_000_003)
  })
})
