/**
 * The files of this machine.
 */
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { CommandError } from '../command-error.ts'
import type { Disk, DiskFile } from './disk.ts'
import { lockFile } from './lock-file.ts'
import { codeOf, messageOf } from './system-error.ts'

/** @internal */
export const nodeDisk: Disk = Object.freeze({
  open: openFile,
  replace: async (path: string, by: string): Promise<void> => rename(by, path),
  remove: async (path: string): Promise<void> => rm(path, { force: true }),
  lock: lockFile,
})

async function openFile(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
  try {
    const isThere = await exists(path)
    if (isThere && !(await stat(path)).isFile()) throw new Error('it is not a regular file')
    return toDiskFile(await open(path, mode === 'read' ? 'r' : isThere ? 'r+' : 'wx+'))
  } catch (error) {
    throw new CommandError(`cannot open ${path}: ${messageOf(error)}`, undefined, { cause: error })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function toDiskFile(handle: FileHandle): DiskFile {
  const size = async (): Promise<number> => (await handle.stat()).size
  return {
    size,
    read: async (position, length) => {
      const buffer = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    append: async (bytes) => {
      let position = await size()
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, written, undefined, position)
        written += bytesWritten
        position += bytesWritten
      }
    },
    truncate: async (length) => handle.truncate(length),
    sync: async () => handle.datasync(),
    close: async () => handle.close(),
  }
}
