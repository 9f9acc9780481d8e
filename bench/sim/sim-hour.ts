/**
 * `npm run bench:sim`: what an hour of 600 requests a minute costs in the simulator, beside the least that it can cost: a bare
 * loop with a client that does nothing but send, over the same server and network.
 *
 * Processor time and not time: other work on the machine counts less. By turns, since what there is of it comes and goes.
 * Exits 1 where a goal is missed, 2 where the command line is wrong.
 */
import { writeFileSync } from 'node:fs'
import { simulate } from '../../sim/simulate.ts'
import { loadSubject } from '../../sim/subjects/load.ts'
import { installVirtualTime } from '../../sim/world/time.ts'
import { describeMachine } from '../http/machine.ts'
import { medianOf } from '../http/median.ts'
import { runBareHour } from './bare-hour.ts'
import { hourScenario } from './hour-scenario.ts'
import { parseSimBench, type SimBenchOptions } from './options.ts'

const goals = { hourMs: 1_000, ratio: 3 } as const

/** Milliseconds of one core for an hour, round by round. */
interface Measured {
  bareMs: number[]
  simMs: number[]
}

async function measure({ rounds, share }: SimBenchOptions): Promise<Measured> {
  // Before time is virtual, in which no processor's time passes.
  const cpuUsage = process.cpuUsage.bind(process)
  const time = installVirtualTime(1)
  const subject = await loadSubject('shipped')
  const scenario = hourScenario(share)
  const count = scenario.calls.reduce((sum, stream) => sum + stream.count, 0)
  const cost = async (run: () => Promise<number>): Promise<number> => {
    const before = cpuUsage()
    const answered = await run()
    const { user, system } = cpuUsage(before)
    if (answered !== count) throw new Error(`${answered} of ${count} requests were answered`)
    return (user + system) / 1_000 / share
  }
  const runSim = async (): Promise<number> => {
    const { calls } = await simulate(time, subject, scenario)
    return calls.filter(({ outcome }) => outcome === 'resolved').length
  }
  const runBare = (): Promise<number> => runBareHour(time, scenario)
  const measured: Measured = { bareMs: [], simMs: [] }
  // The first round is for the compiler.
  for (let round = 0; round <= rounds; round += 1) {
    const bareMs = await cost(runBare)
    const simMs = await cost(runSim)
    if (round === 0) continue
    measured.bareMs.push(bareMs)
    measured.simMs.push(simMs)
  }
  return measured
}

function describe(name: string, ms: readonly number[]): string {
  const [least, most] = [Math.min(...ms), Math.max(...ms)]
  return `${name.padEnd(12)}${medianOf(ms).toFixed(0).padStart(6)} ms (${least.toFixed(0)} to ${most.toFixed(0)})\n`
}

async function main(args: readonly string[]): Promise<void> {
  let options: SimBenchOptions
  try {
    options = parseSimBench(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
    return
  }
  const machine = describeMachine()
  const measured = await measure(options)
  const ratio = medianOf(measured.simMs) / medianOf(measured.bareMs)
  const hourMs = medianOf(measured.simMs)
  process.stdout.write(
    `processor time for a simulated hour of 600 requests a minute, medians of ${options.rounds} rounds by turns\n` +
      describe('bare loop', measured.bareMs) +
      describe('simulator', measured.simMs) +
      `ratio ${ratio.toFixed(2)}\n`,
  )
  if (options.jsonFile !== undefined) {
    const { rounds, share } = options
    const result = {
      bench: 'sim-hour-vs-bare-loop',
      machine,
      rounds,
      share,
      goals,
      ratio,
      ...measured,
    }
    writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`)
  }
  const isGood = ratio <= goals.ratio && hourMs <= goals.hourMs
  process.stdout.write(
    `${isGood ? 'reached' : 'MISSED'}: at most ${goals.hourMs} ms, and ${goals.ratio} times the bare loop\n`,
  )
  process.exitCode = isGood ? 0 : 1
}

await main(process.argv.slice(2))
