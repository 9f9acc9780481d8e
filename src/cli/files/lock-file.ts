/**
 * Keeps two processes from writing one file: a file beside it names the one that does.
 *
 * It holds the process's number and when that process began, since numbers come again. A lock whose process is no more
 * is taken over.
 */
import { readFileSync } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import process from 'node:process'
import { CommandError } from '../command-error.ts'

const attemptsMax = 3

/**
 * @returns What gives it back.
 * @throws {CommandError} Naming the process that has it.
 * @internal
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lockPath = `${path}.lock`
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    if (await tryToWrite(lockPath)) return () => rm(lockPath, { force: true })
    const owner = await readOwner(lockPath)
    if (owner !== undefined && isAlive(owner)) {
      throw new CommandError(
        `${path} is being written by process ${owner.pid}; wait for it, or end it first ` +
          `(where it is none of these commands, remove ${lockPath})`,
      )
    }
    await rm(lockPath, { force: true })
  }
  throw new CommandError(`cannot lock ${path}: others take ${lockPath} again and again`)
}

interface Owner {
  readonly pid: number
  /** In units of the system's own, or empty where it does not tell. */
  readonly began: string
}

async function tryToWrite(lockPath: string): Promise<boolean> {
  try {
    const handle = await open(lockPath, 'wx')
    await handle.writeFile(`${process.pid} ${beganAt(process.pid)}\n`)
    await handle.close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw new CommandError(`cannot make ${lockPath}: ${String(error)}`, undefined, { cause: error })
  }
}

/** @returns Undefined where nobody can be made out: killed before it wrote its name, or gone in the meantime. */
async function readOwner(lockPath: string): Promise<Owner | undefined> {
  try {
    const [pid = '', began = ''] = (await readFile(lockPath, 'utf8')).trim().split(' ')
    return /^\d+$/.test(pid) ? { pid: Number(pid), began } : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, began }: Owner): boolean {
  // In a container the next process may well have the number of the last one.
  if (pid === process.pid) return began !== '' && began === beganAt(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
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
