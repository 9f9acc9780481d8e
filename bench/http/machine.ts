/** What the figures of a bench depend on besides the code. */
import { cpus } from 'node:os'

/** A machine, at a time. @internal */
export interface Machine {
  readonly date: string
  readonly node: string
  readonly cpu: string
  readonly cpuCount: number
}

/** This machine, now. @internal */
export function describeMachine(): Machine {
  const all = cpus()
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: all[0]?.model ?? 'unknown',
    cpuCount: all.length,
  }
}
