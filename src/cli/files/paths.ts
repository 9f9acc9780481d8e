/**
 * What the names on the command line stand for: a link is another name of a file, and what is written to it is in that file.
 */
import { lstat, readlink, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import { codeOf, messageOf } from './system-error.ts'

/** What may stand beside an output while a command is at work. */
const companions = ['.lock', '.sorting', '.batches'] as const

const linksMax = 40

/**
 * Where the output really is: a lock beside a link would keep nobody away who uses another name, and a file that is put
 * in a link's place leaves the old one as it was.
 *
 * @throws {CommandError} Where the input would be written to, under whatever name.
 * @internal
 */
export async function locateOutput(output: string, input: string): Promise<string> {
  const path = await followLinks(output)
  for (const companion of ['', ...companions]) {
    if (!(await isSameFile(`${path}${companion}`, input))) continue
    const what = companion === '' ? 'is the input' : `would write ${path}${companion}, the input`
    throw new CommandError(`the output ${output} ${what}; name another output`)
  }
  return path
}

async function followLinks(path: string): Promise<string> {
  let at = path
  for (let links = 0; links <= linksMax; links += 1) {
    const to = await readLink(at)
    if (to === undefined) return at
    // What the system puts there for an open file: nothing can stand beside it.
    if (at.startsWith('/proc/')) break
    at = resolve(dirname(at), to)
  }
  throw new CommandError(`cannot open ${path}: it is not a regular file`)
}

/** @returns Undefined where it is no link. */
async function readLink(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new CommandError(`cannot open ${path}: ${messageOf(error)}`, undefined, { cause: error })
  }
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  try {
    const [one, two] = await Promise.all([
      stat(path, { bigint: true }),
      stat(other, { bigint: true }),
    ])
    return one.dev === two.dev && one.ino === two.ino
  } catch {
    // One of them is not there, or cannot be had, which comes out when it is opened.
    return false
  }
}
