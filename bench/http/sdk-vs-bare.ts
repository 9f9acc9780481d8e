/**
 * `npm run bench:sdk`: the same calls by each official client alone, with all of ours under it, and with our fetch and its
 * own retries, under the limits of Together's first tier and with one request in ten failing.
 *
 * Exits 1 where ours leaves more than one call in a thousand unanswered, exceeds a limit or sends anything twice without
 * need; 2 where the command line is wrong.
 */
import { writeFileSync } from 'node:fs'
import { describeMachine } from './machine.ts'
import { parseSdkBench, type SdkBenchOptions } from './options.ts'
import { sdkClients, type Way } from './sdk/clients.ts'
import { minuteMs } from './sdk/limits.ts'
import { runSdk, type SdkRun } from './sdk/run.ts'
import { formatTable } from './sdk/table.ts'

const ways: readonly Way[] = ['bare', 'whole', 'fetch']
const seed = 4
const answeredShareMin = 0.999

async function runAll({ calls }: SdkBenchOptions): Promise<SdkRun[]> {
  const runs: SdkRun[] = []
  for (const client of sdkClients) {
    for (const way of ways) runs.push(await runSdk({ client, way, calls, seed }))
  }
  return runs
}

/** Whether ours kept its word. */
function isKept({ way, calls, answered, refused, needless }: SdkRun): boolean {
  if (way === 'bare') return true
  return answered / calls >= answeredShareMin && refused === 0 && needless === 0
}

async function main(args: readonly string[]): Promise<void> {
  let options: SdkBenchOptions
  try {
    options = parseSdkBench(args)
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
    process.exitCode = 2
    return
  }
  const { calls, jsonFile } = options
  process.stdout.write(`${calls} calls at once, a minute of the limits in ${minuteMs} ms\n`)
  const runs = await runAll(options)
  process.stdout.write(formatTable(runs))
  for (const { client, way, reasons } of runs) {
    for (const [reason, count] of Object.entries(reasons)) {
      process.stdout.write(`${client}, ${way}: ${count} failed with ${reason}\n`)
    }
  }
  if (jsonFile !== undefined) {
    const plan = { calls, seed, minuteMs }
    const result = { bench: 'sdk-vs-bare', machine: describeMachine(), plan, runs }
    writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`)
  }
  if (!runs.every(isKept)) process.exitCode = 1
}

await main(process.argv.slice(2))
