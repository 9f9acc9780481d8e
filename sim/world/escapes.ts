/**
 * What leaves the world: chance that no seed decides, and time that the simulator does not drive. A run in which something
 * does is not the one of its seed, whether or not this time it shows.
 *
 * Noted with the place in the code that called for it.
 */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/core/clock.ts'

export interface Escape {
  /** What was called. */
  readonly what: string
  /** `file:line:column`, the file from the project's folder where it is in there. */
  readonly site: string
  /** Virtual milliseconds. */
  readonly atMs: number
}

/** More say nothing more. */
const keptMax = 5

const noted = new Map<string, Escape>()
let hostWorks = 0

/** Notes a call, unless it is the host's. @param what - Such as `crypto.randomUUID`. */
export function noteEscape(what: string): void {
  if (hostWorks > 0 || noted.size === keptMax) return
  const site = callSite(readStack())
  // What Node does by itself, nobody has called for.
  if (site === undefined) return
  const key = `${what} ${site}`
  if (!noted.has(key)) noted.set(key, { what, site, atMs: systemClock.now() })
}

/** What has been noted since this was last called. */
export function takeEscapes(): Escape[] {
  const escapes = [...noted.values()]
  noted.clear()
  return escapes
}

/** The host's own work is none of the world's. */
export async function asHost<T>(work: () => Promise<T>): Promise<T> {
  hostWorks += 1
  try {
    return await work()
  } finally {
    hostWorks -= 1
  }
}

/** Whether the host is at work, of which nothing is noted. */
export function isHostAtWork(): boolean {
  return hostWorks > 0
}

const projectFolder = fileURLToPath(new URL('../../', import.meta.url))

/** Frames between a call and its being noted. */
const between =
  /node:|<anonymous>\)?$|sim\/world\/(?:escapes|guards|host-watch|time|driver|global-timers|process-timers)\.ts|@sinonjs/

/** Deep enough for what Node puts between a call and what comes of it. */
const framesMax = 30

function readStack(): string {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = framesMax
  const { stack = '' } = new Error('the place of a call')
  Error.stackTraceLimit = stackTraceLimit
  return stack
}

/** The innermost frame that is somebody's code. Read from the text: there the lines are those of the sources. */
function callSite(stack: string): string | undefined {
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '))
  const frame = frames.find((line) => !between.test(line))
  const place = /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1]
  if (place === undefined) return undefined
  const path = place.startsWith('file://') ? place.slice('file://'.length) : place
  return path.replace(/\?copy=\d+/, '').replace(projectFolder, '')
}
