/**
 * Files in memory, for commands: they can be full, and a process that writes them can die at any byte.
 */
import { CommandError } from '../../src/cli/command-error.ts'
import { join } from '../../src/cli/files/read-lines.ts'
import type { Disk, DiskFile } from '../../src/cli/files/disk.ts'

/** Why nothing works any more. */
class Killed extends Error {
  override readonly name = 'Killed'
}

/** @internal */
export class MemoryDisk implements Disk {
  readonly files: Map<string, Uint8Array>
  /** Bytes that may still be written before the disk is full. */
  bytesLeft: number = Infinity
  /** Bytes that may still be written before the process dies; nothing works after that. */
  bytesUntilDeath: number = Infinity
  /** Told of each piece that is read. */
  onRead: (path: string) => void = () => undefined
  /** Told of each addition, before it is there. */
  onAppend: (path: string, bytes: Uint8Array) => void = () => undefined
  /** A file that cannot be opened. */
  unopenable: string | undefined
  /** What the system says to whoever wants files to be on the disk for good. */
  syncError: Error | undefined
  /** How many lines each file had when it was synced last. */
  readonly linesSynced: Map<string, number> = new Map()
  /** Files that were put in the place of others. */
  replaced = 0
  readonly #locks = new Set<string>()

  constructor(files: Readonly<Record<string, string>> = {}) {
    const encoder = new TextEncoder()
    this.files = new Map(
      Object.entries(files).map(([path, text]) => [path, encoder.encode(text)] as const),
    )
  }

  /** The same files, as the next process finds them. */
  reborn(): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [path, bytes] of this.files) disk.files.set(path, bytes)
    return disk
  }

  text(path: string): string {
    return new TextDecoder().decode(this.#bytes(path))
  }

  lines(path: string): string[] {
    return this.text(path).split('\n').slice(0, -1)
  }

  async open(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
    this.#assertAlive()
    if (path === this.unopenable) throw new CommandError(`cannot open ${path}: disk quota exceeded`)
    if (!this.files.has(path)) {
      if (mode === 'read') throw new CommandError(`cannot open ${path}: no such file or directory`)
      this.files.set(path, new Uint8Array())
    }
    // A file that is renamed stays the file that was opened.
    let name = path
    this.#renames.push((from, to) => {
      if (name === from) name = to
    })
    return {
      size: async () => this.#bytes(name).length,
      read: async (position, length) => {
        this.onRead(name)
        return this.#bytes(name).slice(position, position + length)
      },
      append: async (bytes) => this.#append(name, bytes),
      truncate: async (length) => {
        this.#assertAlive()
        this.files.set(name, this.#bytes(name).slice(0, length))
      },
      sync: async () => {
        this.#assertAlive()
        if (this.syncError !== undefined) throw this.syncError
        this.linesSynced.set(name, this.lines(name).length)
      },
      close: async () => undefined,
    }
  }

  async replace(path: string, by: string): Promise<void> {
    this.#assertAlive()
    this.files.set(path, this.#bytes(by))
    this.files.delete(by)
    this.replaced += 1
    for (const rename of this.#renames) rename(by, path)
  }

  async remove(path: string): Promise<void> {
    this.#assertAlive()
    this.files.delete(path)
  }

  async lock(path: string): Promise<() => Promise<void>> {
    if (this.#locks.has(path)) throw new CommandError(`${path} is being written`)
    this.#locks.add(path)
    return async () => {
      this.#locks.delete(path)
    }
  }

  readonly #renames: ((from: string, to: string) => void)[] = []

  #append(path: string, bytes: Uint8Array): void {
    this.#assertAlive()
    this.onAppend(path, bytes)
    const length = Math.min(bytes.length, this.bytesLeft, this.bytesUntilDeath)
    this.files.set(path, join([this.#bytes(path), bytes.slice(0, length)]))
    this.bytesLeft -= length
    this.bytesUntilDeath -= length
    this.#assertAlive()
    if (length < bytes.length) {
      const message = 'ENOSPC: no space left on device, write'
      throw Object.assign(new Error(message), { code: 'ENOSPC' })
    }
  }

  #bytes(path: string): Uint8Array {
    return this.files.get(path) ?? new Uint8Array()
  }

  #assertAlive(): void {
    if (this.bytesUntilDeath <= 0) throw new Killed()
  }
}
