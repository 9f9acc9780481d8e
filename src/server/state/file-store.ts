/**
 * Uploaded files, and those that batches write.
 *
 * All of them are in memory, so their number and their bytes are bounded: once there is too much, the oldest are
 * forgotten. A file can be there before its content is, as between the two steps of an upload.
 */

/** What a file is for. @public */
export type FilePurpose = 'fine-tune' | 'eval' | 'batch-api'

/** What a file is made of. @public */
export type FileType = 'jsonl' | 'csv' | 'parquet'

/** @internal */
export const filePurposes: readonly FilePurpose[] = ['fine-tune', 'eval', 'batch-api']

/** @internal */
export const fileTypes: readonly FileType[] = ['jsonl', 'csv', 'parquet']

/** The type by a name's ending; undefined where that is none of the known ones. @internal */
export function fileTypeOf(name: string): FileType | undefined {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return fileTypes.find((type) => type === ending)
}

/** What is known about a file besides its content. @internal */
export interface FileHead {
  readonly id: string
  /** Undefined: every key may read it. */
  readonly key: string | undefined
  readonly name: string
  readonly purpose: FilePurpose
  readonly type: FileType
  /** It exists from this instant on, for its key. */
  readonly createdAtMs: number
}

/** A file. @internal */
export interface StoredFile extends FileHead {
  /** Undefined until it has been sent. */
  readonly bytes: Uint8Array | undefined
  /** Whether its content is put to an address of its own. */
  readonly isPutLater?: true
}

/** The files of all API keys. @internal */
export class FileStore {
  readonly #countMax: number
  readonly #bytesMax: number
  readonly #files = new Map<string, StoredFile>()
  #bytes = 0

  constructor({ countMax, bytesMax }: { countMax: number; bytesMax: number }) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  /** Files that are remembered, also those that are yet to appear. */
  get size(): number {
    return this.#files.size
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a file, or replaces the one with its id; forgets the oldest others where there is too much. */
  put(file: StoredFile): void {
    this.remove(file.id)
    this.#files.set(file.id, file)
    this.#bytes += sizeOf(file)
    for (const { id } of this.#files.values()) {
      const isTooMuch = this.#files.size > this.#countMax || this.#bytes > this.#bytesMax
      if (!isTooMuch || id === file.id) return
      this.remove(id)
    }
  }

  /** A file that the key may read; undefined also where it belongs to somebody else or is yet to appear. */
  find(key: string, id: string, nowMs: number): StoredFile | undefined {
    const file = this.#files.get(id)
    return file !== undefined && isVisible(file, key, nowMs) ? file : undefined
  }

  /** A file, whoever it belongs to. */
  get(id: string): StoredFile | undefined {
    return this.#files.get(id)
  }

  /** The files that the key may read, the oldest first. */
  list(key: string, nowMs: number): readonly StoredFile[] {
    return [...this.#files.values()].filter((file) => isVisible(file, key, nowMs))
  }

  /** Forgets a file; nothing happens where there is none. */
  remove(id: string): void {
    const file = this.#files.get(id)
    if (file === undefined) return
    this.#files.delete(id)
    this.#bytes -= sizeOf(file)
  }
}

function isVisible(file: StoredFile, key: string, nowMs: number): boolean {
  if (file.key === undefined) return true
  return file.key === key && file.createdAtMs <= nowMs
}

function sizeOf({ bytes }: StoredFile): number {
  return bytes?.length ?? 0
}
