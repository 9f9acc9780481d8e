/**
 * Files as a command needs them: read by position, written at the end, replaced whole.
 *
 * The real ones are in `node-disk.ts`. A simulator brings its own, which lose what was not written when a process dies.
 */

/** @internal */
export interface Disk {
  /**
   * @param mode - `write`: made where there is none, and readable, too.
   * @throws {CommandError} Where it cannot be had, saying why.
   */
  open(path: string, mode: 'read' | 'write'): Promise<DiskFile>
  /** Puts a file in another's place, at once. */
  replace(path: string, by: string): Promise<void>
  /** It may be missing. */
  remove(path: string): Promise<void>
  /**
   * Keeps others who do the same away from a file, until it is called off or the process is no more.
   *
   * @throws {CommandError} Where another process has it.
   */
  lock(path: string): Promise<() => Promise<void>>
}

/** An open file. Its methods reject with what the system says, `read` with a `CommandError`. @internal */
export interface DiskFile {
  size(): Promise<number>
  /** Bytes from a position on, fewer than asked for only at the end. */
  read(position: number, length: number): Promise<Uint8Array>
  /** All of them, or it rejects; a part may then have been written. */
  append(bytes: Uint8Array): Promise<void>
  truncate(length: number): Promise<void>
  /** Makes what was written survive a machine that stops. */
  sync(): Promise<void>
  close(): Promise<void>
}
