/**
 * A server in a process of its own, so that the load generator takes none of its time.
 *
 * The parent asks for the usage by an empty message; the child answers by one, and ends when the parent is gone.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'

/** What a server process has used so far. @internal */
export interface Usage {
  /** Microseconds of the processor, in the program and in the kernel. */
  readonly cpuMicros: number
  /** Bytes on the heap, after garbage collection where the process has `--expose-gc`. */
  readonly heapBytes: number
}

/** A server process that listens. @internal */
export interface ChildServer {
  readonly url: string
  readonly usage: () => Promise<Usage>
  readonly stop: () => Promise<void>
}

/** Starts a module of `servers/`. @param nodeFlags - Besides those of this process. @internal */
export async function startServer(
  name: string,
  nodeFlags: readonly string[] = [],
): Promise<ChildServer> {
  const file = new URL(`./servers/${name}.ts`, import.meta.url)
  const child = fork(file, { execArgv: [...process.execArgv, ...nodeFlags] })
  const gone = once(child, 'exit').then(() => {
    throw new Error(`the server ${name} is gone`)
  })
  gone.catch(() => undefined)
  const hear = async (): Promise<unknown> => {
    const waiting = new AbortController()
    try {
      const [message]: unknown[] = await Promise.race([
        once(child, 'message', { signal: waiting.signal }),
        gone,
      ])
      return message
    } finally {
      waiting.abort()
    }
  }
  const url = String(await hear())
  return {
    url,
    usage: async () => {
      child.send('usage')
      return (await hear()) as Usage
    },
    stop: async () => {
      const exit = once(child, 'exit')
      // The child exits by itself, so that a profile of it gets written.
      child.disconnect()
      await exit
    },
  }
}

/** Called by a server once it listens. @internal */
export function announce(url: string): void {
  process.on('message', () => process.send?.(usageNow()))
  process.on('disconnect', () => process.exit())
  process.send?.(url)
}

/** What this process has used. @internal */
export function usageNow(): Usage {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system, heapBytes: process.memoryUsage().heapUsed }
}
