/**
 * The files of a machine in memory, which outlive its processes: writing takes time, and a process that dies in the middle
 * of it leaves a part. Where the machine itself stops, of what nobody has synced only a part may be there afterwards.
 */
import { CommandError, type Disk, type DiskFile } from '../../src/cli/index.ts'
import type { FilePlan } from '../scenario/types.ts'
import type { ClientProcess } from './client-process.ts'
import { Draw } from './draw.ts'

/** What is under a name; a file that is renamed stays the one that was opened. */
interface Content {
  bytes: Uint8Array
  /** So much of it survives the machine. */
  syncedLength: number
}

/** A write that has begun and not ended. */
interface Writing {
  content: Content
  bytes: Uint8Array
}

const nothing = new Uint8Array(0)

export class SimDisk {
  /** Files that are open, and locks that are held, by processes that live. */
  held = 0
  readonly #files = new Map<string, Content>()
  readonly #locks = new Map<string, ClientProcess>()
  readonly #writings = new Set<Writing>()
  readonly #plan: FilePlan
  readonly #draw: Draw

  constructor(seed: number, plan: FilePlan) {
    this.#plan = plan
    this.#draw = new Draw(seed, 'disk')
  }

  /** What a file holds; empty where there is none. */
  text(path: string): string {
    return new TextDecoder().decode(this.#files.get(path)?.bytes)
  }

  /** Puts a file there that was always there. */
  put(path: string, text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.#files.set(path, { bytes, syncedLength: bytes.length })
  }

  /** The disk as a process sees it. */
  for(process: ClientProcess): Disk {
    return {
      open: async (path, mode) => this.#open(process, path, mode),
      replace: async (path, by) => {
        if (process.isDead) return
        const content = this.#files.get(by)
        if (content === undefined) throw systemError('ENOENT', 'no such file or directory')
        this.#files.set(path, content)
        this.#files.delete(by)
      },
      remove: async (path) => {
        if (!process.isDead) this.#files.delete(path)
      },
      lock: async (path) => this.#lock(process, path),
    }
  }

  /** The process that was at work is no more; of what it was writing, a part is written. */
  lose(): void {
    for (const { content, bytes } of this.#writings) {
      append(content, bytes.subarray(0, this.#draw.int(0, bytes.length)))
    }
    this.#writings.clear()
    this.held = 0
  }

  /** The machine has stopped: of what was not synced, a part is there, sometimes at its old length. */
  stop(): void {
    this.lose()
    for (const content of this.#files.values()) {
      const { bytes, syncedLength } = content
      const kept = this.#draw.int(syncedLength, bytes.length)
      const length = this.#draw.chance(300) ? bytes.length : kept
      content.bytes = new Uint8Array(length)
      content.bytes.set(bytes.subarray(0, kept))
      content.syncedLength = length
    }
  }

  #lock(process: ClientProcess, path: string): () => Promise<void> {
    const owner = this.#locks.get(path)
    if (owner?.isDead === false) {
      throw new CommandError(`${path} is being written by another process`)
    }
    this.#locks.set(path, process)
    this.held += 1
    return async () => {
      if (process.isDead || this.#locks.get(path) !== process) return
      this.#locks.delete(path)
      this.held -= 1
    }
  }

  #open(process: ClientProcess, path: string, mode: 'read' | 'write'): DiskFile {
    let content = this.#files.get(path)
    if (content === undefined) {
      if (mode === 'read') throw new CommandError(`cannot open ${path}: no such file or directory`)
      content = { bytes: nothing, syncedLength: 0 }
      this.#files.set(path, content)
    }
    this.held += 1
    return this.#fileOf(process, content)
  }

  #fileOf(process: ClientProcess, content: Content): DiskFile {
    let isOpen = true
    return {
      size: async () => content.bytes.length,
      read: async (position, length) => content.bytes.slice(position, position + length),
      append: (bytes) => this.#write(process, { content, bytes }),
      truncate: async (length) => {
        if (process.isDead) return
        content.bytes = content.bytes.slice(0, length)
        content.syncedLength = Math.min(content.syncedLength, length)
      },
      sync: async () => {
        if (!process.isDead) content.syncedLength = content.bytes.length
      },
      close: async () => {
        if (isOpen && !process.isDead) this.held -= 1
        isOpen = false
      },
    }
  }

  #write(process: ClientProcess, writing: Writing): Promise<void> {
    const { minMs, maxMs } = this.#plan.writeMs
    return new Promise((resolve, reject) => {
      if (process.isDead) return
      this.#writings.add(writing)
      process.clock.setTimer(
        () => {
          this.#writings.delete(writing)
          const { content, bytes } = writing
          if (this.#isFull(process.clock.now())) {
            append(content, bytes.subarray(0, this.#draw.int(0, bytes.length)))
            reject(systemError('ENOSPC', 'no space left on device'))
          } else {
            append(content, bytes)
            resolve()
          }
        },
        this.#draw.int(minMs, maxMs),
      )
    })
  }

  #isFull(nowMs: number): boolean {
    return this.#plan.full.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs)
  }
}

function append(content: Content, bytes: Uint8Array): void {
  const whole = new Uint8Array(content.bytes.length + bytes.length)
  whole.set(content.bytes)
  whole.set(bytes, content.bytes.length)
  content.bytes = whole
}

/** As Node has them: a code, and a text that begins with it. */
function systemError(code: string, text: string): Error {
  return Object.assign(new Error(`${code}: ${text}, write`), { code })
}
