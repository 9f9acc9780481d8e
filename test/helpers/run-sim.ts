/**
 * Runs the simulator's command line in a process of its own, as a user does, and reads the report it writes.
 *
 * At most two run at once, whoever asks: the machines this is tested on have two cores, and each run keeps one busy.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file that `--json` writes, as the design fixes it. */
export interface SimulatorReport {
  readonly subject: string
  readonly profile: string
  readonly runs: number
  readonly passed: number
  readonly violations: readonly {
    readonly invariant: string
    readonly seed: number
    readonly atMs: number
    readonly message: string
    readonly replay: string
  }[]
  readonly checks: Readonly<Record<string, number>>
  readonly sometimes: Readonly<Record<string, number>>
  readonly traceHash: string
}

/** How a run of the simulator ended. */
export interface SimulatorRun {
  /** Undefined where the process was ended by a signal. */
  readonly exitCode: number | undefined
  /** Undefined where none was written. */
  readonly report: SimulatorReport | undefined
  /** Standard output and error, in the order in which they came; the end of it, where it is long. */
  readonly output: string
}

const projectDirectory = fileURLToPath(new URL('../../', import.meta.url))
const outputLengthMax = 2_000_000
const concurrentMax = 2
const waiting: (() => void)[] = []
let running = 0

/**
 * Runs `sim/cli.ts` with the given arguments and a `--json` file, and waits for its end.
 *
 * @param options.timeoutMs - The process is killed after this real time; its exit code is undefined then.
 */
export async function runSimulator(
  args: readonly string[],
  options: { timeoutMs: number },
): Promise<SimulatorRun> {
  await takePlace()
  const directory = await mkdtemp(join(tmpdir(), 'run-sim-'))
  try {
    const jsonFile = join(directory, 'report.json')
    const ended = await runProcess([...args, '--json', jsonFile], options.timeoutMs)
    return { ...ended, report: await readReport(jsonFile) }
  } finally {
    await rm(directory, { recursive: true, force: true })
    leavePlace()
  }
}

function runProcess(
  args: readonly string[],
  timeoutMs: number,
): Promise<{ exitCode: number | undefined; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'sim/cli.ts', ...args], {
      cwd: projectDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputLengthMax)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (code) => resolve({ exitCode: code ?? undefined, output }))
  })
}

async function readReport(file: string): Promise<SimulatorReport | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return undefined
  }
  const report: SimulatorReport = JSON.parse(text)
  return report
}

async function takePlace(): Promise<void> {
  if (running < concurrentMax) running += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
}

/** The place goes to the next in line, or becomes free. */
function leavePlace(): void {
  const next = waiting.shift()
  if (next === undefined) running -= 1
  else next()
}
