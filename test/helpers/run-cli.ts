/**
 * The command line in a process of its own, which may be killed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import process from 'node:process'

/** @internal */
export interface RunningCli {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code; null where a signal ended it. */
  readonly exit: Promise<number | null>
}

/** @internal */
export interface CliSurroundings {
  /** The mock's address, without `/v1`. */
  readonly url: string
  /** What the shell does before the command. */
  readonly shellPrefix?: string
}

/** Starts it; the caller waits for its exit. @internal */
export function runCli(args: readonly string[], { url, shellPrefix }: CliSurroundings): RunningCli {
  const command = [process.execPath, '--import', 'tsx', 'src/cli/cli.ts', ...args]
  const env = { ...process.env, TOGETHER_API_KEY: 'key', TOGETHER_BASE_URL: `${url}/v1` }
  const [file = '', ...rest] =
    shellPrefix === undefined
      ? command
      : ['bash', '-c', `${shellPrefix}; exec "$@"`, 'bash', ...command]
  const child = spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString()
    })
  }
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, exit }
}
