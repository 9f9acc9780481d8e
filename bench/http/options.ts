/** The flags of the benches. */
import { parseArgs } from 'node:util'

/** How `bench:mock` is run. @internal */
export interface MockBenchOptions {
  /** Of each server and case; the medians are of these. */
  readonly rounds: number
  readonly secondsPerRound: number
  readonly connections: number
  /** Where the figures are written as JSON. */
  readonly jsonFile: string | undefined
}

/** How `bench:memory` is run. @internal */
export interface MemoryBenchOptions {
  readonly requests: number
  /** Over loopback rather than by a call. */
  readonly isHttp: boolean
}

/** How `bench:sdk` is run. @internal */
export interface SdkBenchOptions {
  /** Of each client in each way. */
  readonly calls: number
  /** Where the figures are written as JSON. */
  readonly jsonFile: string | undefined
}

/** @throws {Error} Where a flag is unknown. @internal */
export function parseMockBench(args: readonly string[]): MockBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  })
  return {
    rounds: 5,
    secondsPerRound: values.quick ? 1 : 4,
    connections: 50,
    jsonFile: values.json,
  }
}

/** @throws {Error} Where a flag is unknown or a number is none. @internal */
export function parseMemoryBench(args: readonly string[]): MemoryBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      http: { type: 'boolean', default: false },
      requests: { type: 'string', default: '1000000' },
    },
  })
  return { requests: readCount('--requests', values.requests), isHttp: values.http }
}

/** @throws {Error} Where a flag is unknown or a number is none. @internal */
export function parseSdkBench(args: readonly string[]): SdkBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { calls: { type: 'string', default: '2000' }, json: { type: 'string' } },
  })
  return { calls: readCount('--calls', values.calls), jsonFile: values.json }
}

function readCount(flag: string, text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new Error(`${flag} ${text}: expected a whole number from 1`)
}
