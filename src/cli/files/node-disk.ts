/**
 * The files of this machine.
 */
import { chmod, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { CommandError, exitCodes } from '../command-error.ts'
import type { Disk, DiskFile } from './disk.ts'
import { lockFile } from './lock-file.ts'
import { codeOf, messageOf } from './system-error.ts'

/** @internal */
export const nodeDisk: Disk = Object.freeze({
  open: openFile,
  replace: replaceFile,
  remove: async (path: string): Promise<void> => rm(path, { force: true }),
  lock: lockFile,
})

async function openFile(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
  try {
    const isThere = await exists(path)
    if (isThere && !(await stat(path)).isFile()) throw new Error('it is not a regular file')
    return toDiskFile(await open(path, mode === 'read' ? 'r' : isThere ? 'r+' : 'wx+'), path)
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

async function replaceFile(path: string, by: string): Promise<void> {
  try {
    // What nobody else may read is not to become readable.
    await chmod(by, (await stat(path)).mode & 0o7777)
  } catch {
    // It is gone, or the file system knows of no such thing.
  }
  await rename(by, path)
}

function toDiskFile(handle: FileHandle, path: string): DiskFile {
  const size = async (): Promise<number> => (await handle.stat()).size
  return {
    size,
    read: async (position, length) => {
      try {
        return await readFrom(handle, position, length)
      } catch (error) {
        throw readFailure(path, error)
      }
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

async function readFrom(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function readFailure(path: string, error: unknown): CommandError {
  const message = `cannot read ${path}: ${messageOf(error)}; start again when it can be read`
  return new CommandError(message, exitCodes.stopped, { cause: error })
}
