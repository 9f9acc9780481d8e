/**
 * Keeps two processes from writing one file: a file beside it names the one that does.
 *
 * It holds the process's number and when that process began, since numbers come again. A lock whose process is no more
 * is taken over.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { systemClock } from '../../core/clock.ts'
import { CommandError } from '../command-error.ts'
import { codeOf, messageOf } from './system-error.ts'

const attemptsMax = 20
/** Whoever has made the file writes its name into it at once; after that the file names nobody who lives. */
const namelessMs = 50

/**
 * @returns What gives it back.
 * @throws {CommandError} Naming the process that has it.
 * @internal
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lockPath = `${path}.lock`
  const own = `${process.pid} ${beganAt(process.pid)}\n`
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    if (tryToWrite(lockPath, own)) return async () => giveBack(lockPath, own)
    if (readLock(lockPath) === '') {
      await new Promise<void>((resolve) => systemClock.setTimer(resolve, namelessMs))
    }
    const text = readLock(lockPath)
    const owner = readOwner(text)
    if (owner !== undefined && isAlive(owner)) {
      throw new CommandError(
        `${path} is being written by process ${owner.pid}; wait for it, or end it first ` +
          `(where it is none of these commands, remove ${lockPath})`,
      )
    }
    if (text !== undefined) takeAway(lockPath, text)
  }
  throw new CommandError(`cannot lock ${path}: others take ${lockPath} again and again`)
}

interface Owner {
  readonly pid: number
  /** In units of the system's own, or empty where it does not tell. */
  readonly began: string
}

/** Not asynchronous, as nothing here is: between two steps that are, others do theirs. */
function tryToWrite(lockPath: string, text: string): boolean {
  try {
    writeFileSync(lockPath, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new CommandError(`cannot make ${lockPath}: ${messageOf(error)}`, undefined, {
      cause: error,
    })
  }
}

/** @returns Undefined where there is none any more. */
function readLock(lockPath: string): string | undefined {
  try {
    return readFileSync(lockPath, 'utf8')
  } catch {
    return undefined
  }
}

/** @returns Undefined where nobody can be made out: killed before it wrote its name, or gone in the meantime. */
function readOwner(text: string = ''): Owner | undefined {
  const [pid = '', began = ''] = text.trim().split(' ')
  return /^\d+$/.test(pid) ? { pid: Number(pid), began } : undefined
}

/** Removes the lock of one that is no more; by now another may have done so, and have the lock. */
function takeAway(lockPath: string, text: string): void {
  const asidePath = `${lockPath}.${process.pid}`
  try {
    renameSync(lockPath, asidePath)
    if (readFileSync(asidePath, 'utf8') === text) rmSync(asidePath)
    else renameSync(asidePath, lockPath)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw new CommandError(`cannot remove ${lockPath}: ${messageOf(error)}`, undefined, {
      cause: error,
    })
  }
}

/** Where somebody has removed it, it may be another's by now. */
function giveBack(lockPath: string, own: string): void {
  if (readLock(lockPath) === own) rmSync(lockPath, { force: true })
}

function isAlive({ pid, began }: Owner): boolean {
  // In a container the next process may well have the number of the last one.
  if (pid === process.pid) return began !== '' && began === beganAt(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is one, too.
    return codeOf(error) === 'EPERM'
  }
  return began === '' || beganAt(pid) === '' || beganAt(pid) === began
}

/** Linux tells when a process began, in ticks since the machine did. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
