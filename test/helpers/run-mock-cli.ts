/**
 * The mock's command line, as its user sees it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { expect } from 'vitest'

/** A running command line. @internal */
export interface MockCli {
  readonly child: ChildProcessWithoutNullStreams
  readonly output: () => string
  readonly exit: Promise<number | null>
}

/** Starts the command line in a process of its own, which the caller ends. @internal */
export function runMockCli(args: readonly string[]): MockCli {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/server/cli/cli.ts', ...args])
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, output: () => output, exit }
}

/** The address that it prints when it listens. @internal */
export async function readUrl({ output }: MockCli): Promise<string> {
  await expect.poll(output, { timeout: 30_000 }).toContain('http://')
  return /http:\/\/[\d.:]+/.exec(output())?.[0] ?? ''
}
