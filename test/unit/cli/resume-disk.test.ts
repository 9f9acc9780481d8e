import { describe, expect, it } from 'vitest'
import { CommandError, exitCodes } from '../../../src/cli/command-error.ts'
import { BatchWorld } from '../../helpers/batch-world.ts'
import { MemoryDisk } from '../../helpers/memory-disk.ts'
import { start, textsFile, undisturbed } from '../../helpers/resume-world.ts'

describe('resume, where the disk fails', () => {
  it('keeps what there is when the disk is full, and goes on from there', async () => {
    const input = textsFile(100)
    const whole = await undisturbed(input)
    const disk = new MemoryDisk({ in: input })
    disk.bytesLeft = Math.floor(whole.length * 0.6)
    const world = new BatchWorld()
    const summary = await world.until(start(world, disk))
    const { end } = summary
    const error = end !== undefined && 'error' in end ? end.error : undefined
    expect(error).toBeInstanceOf(CommandError)
    expect(error?.message).toMatch(/cannot write out: no space left on device.*make room/)
    expect(error instanceof CommandError ? error.exitCode : undefined).toBe(exitCodes.stopped)
    const kept = disk.text('out')
    expect(whole.startsWith(kept)).toBe(true)
    expect(kept.endsWith('\n')).toBe(true)
    expect(disk.lines('out').length).toBe(summary.done)
    // Nothing that was whole is given away.
    const next = whole.split('\n')[summary.done] ?? ''
    expect(kept.length + next.length + 1).toBeGreaterThan(whole.length * 0.6)
    disk.bytesLeft = Infinity
    const again = new BatchWorld()
    expect(await again.until(start(again, disk))).toMatchObject({ done: 100, end: undefined })
    expect(disk.text('out')).toBe(whole)
  })

  it('keeps the old output when the disk is full while it sorts', async () => {
    const input = textsFile(50)
    const whole = await undisturbed(input)
    const lines = whole.split('\n').slice(0, -1)
    const unsorted = `${lines.toReversed().join('\n')}\n`
    const disk = new MemoryDisk({ in: input, out: unsorted })
    disk.bytesLeft = 5_000
    const world = new BatchWorld()
    const summary = await world.until(start(world, disk))
    expect(summary.end).toMatchObject({ error: { exitCode: exitCodes.stopped } })
    expect(disk.text('out')).toBe(unsorted)
    expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out'])
  })

  it('says so where the disk fails at the very end, and loses nothing', async () => {
    const disk = new MemoryDisk({ in: textsFile(50) })
    disk.syncError = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
    const world = new BatchWorld()
    const { end, done } = await world.until(start(world, disk))
    expect(end).toMatchObject({ error: { exitCode: exitCodes.stopped } })
    expect(String(end !== undefined && 'error' in end && end.error)).toContain(
      'cannot write out: i/o error (EIO)',
    )
    expect(done).toBe(50)
    expect(disk.lines('out')).toHaveLength(50)
  })

  it('does not sort what something else has written to meanwhile', async () => {
    const lines = (await undisturbed(textsFile(60))).split('\n')
    const disk = new MemoryDisk({ in: textsFile(60), out: `${lines.slice(20, 60).join('\n')}\n` })
    const changed = `${lines.slice(21, 60).join('\n')}\n`
    const world = new BatchWorld({
      intercept: () => {
        disk.files.set('out', new TextEncoder().encode(changed))
        return undefined
      },
    })
    const { end } = await world.until(start(world, disk))
    expect(end).toMatchObject({ error: { exitCode: exitCodes.stopped } })
    expect(disk.replaced).toBe(0)
    expect(disk.text('out').startsWith(changed)).toBe(true)
    expect([...disk.files.keys()].toSorted()).toEqual(['in', 'out'])
  })

  it('says so where there is no room for another file to sort in', async () => {
    const lines = (await undisturbed(textsFile(50))).split('\n').slice(0, -1)
    const disk = new MemoryDisk({ in: textsFile(50), out: `${lines.slice(1).join('\n')}\n` })
    disk.unopenable = 'out.sorting'
    const world = new BatchWorld()
    const { end, done } = await world.until(start(world, disk))
    expect(end).toMatchObject({ error: { exitCode: exitCodes.stopped } })
    expect(done).toBe(50)
  })
})
