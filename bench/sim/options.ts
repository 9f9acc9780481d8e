/** The flags of `bench:sim`. */
import { parseArgs } from 'node:util'

/** How `bench:sim` is run. @internal */
export interface SimBenchOptions {
  /** Of each of the two; the medians are of these. */
  readonly rounds: number
  /** Of an hour, in each round. */
  readonly share: number
  /** Where the figures are written as JSON. */
  readonly jsonFile: string | undefined
}

/** @throws {Error} Where a flag is unknown or a number is none. @internal */
export function parseSimBench(args: readonly string[]): SimBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const rounds = values.rounds ?? (values.quick ? '5' : '15')
  if (!/^[1-9][0-9]{0,3}$/.test(rounds)) {
    throw new Error(`--rounds ${rounds}: expected a whole number from 1 to 9999`)
  }
  return { rounds: Number(rounds), share: values.quick ? 0.1 : 1, jsonFile: values.json }
}
