/** `npm run sim:power`: how many planted defects the simulator finds. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../options.ts'
import { Progress } from '../report/progress.ts'
import { writeAsJson, writePower } from '../report/write.ts'
import { findCandidates, modules, type Candidate } from './candidates.ts'
import { projectFolder } from './copy.ts'
import { helpText, parsePowerOptions, type PowerOptions } from './options.ts'
import { readReasons } from './reasons.ts'
import { formatHunted, formatResult, renderPower, renderTimes } from './render.ts'
import { isStrong, toPowerResult } from './result.ts'
import { runMutants, type Hunted } from './run-mutants.ts'
import { drawSample, selectOnly } from './sample.ts'

const exits = { strong: 0, weak: 1, usage: 2, internal: 4 } as const

async function main(args: readonly string[]): Promise<number> {
  const options = parsePowerOptions(args)
  if (options.help) {
    process.stdout.write(helpText)
    return exits.strong
  }
  const candidates = await findCandidates(join(projectFolder, 'src'))
  const reasons = await readReasons()
  const mutants = choose(candidates, options)
  print(`${mutants.length} of ${candidates.length} mutants, seeds 1 to ${options.runs}`)
  const hunted = await huntAll(mutants, options)
  const result = toPowerResult(hunted, reasons, {
    seed: options.seed,
    seeds: { first: 1, last: options.runs },
    candidates: countByModule(candidates),
  })
  print(`\n${formatResult(result)}`)
  if (options.json !== undefined) await writeAsJson(options.json, result)
  if (options.isStandard) {
    const files = await writePower(result, renderPower(result) + renderTimes(hunted))
    print(`written: ${files.join(', ')}`)
  }
  return isStrong(result) ? exits.strong : exits.weak
}

async function huntAll(mutants: readonly Candidate[], options: PowerOptions): Promise<Hunted[]> {
  const progress = new Progress(options.runs)
  const setup = {
    seeds: Array.from({ length: options.runs }, (_unused, index) => index + 1),
    workers: availableParallelism(),
    msMax: options.seconds * 1_000,
  }
  return runMutants(mutants, setup, {
    onBaselineRun: () => progress.add(),
    onHunted: (hunted) => {
      progress.end()
      print(formatHunted(hunted))
    },
  })
}

function countByModule(candidates: readonly Candidate[]): Record<string, number> {
  return Object.fromEntries(
    modules.map((name) => [name, candidates.filter(({ module }) => module === name).length]),
  )
}

function choose(candidates: readonly Candidate[], options: PowerOptions): Candidate[] {
  const { only, mutants: count, seed } = options
  if (only === undefined) return drawSample(candidates, { count, seed })
  const chosen = selectOnly(candidates, only)
  if (chosen.length > 0) return chosen
  throw new UsageError(
    `--only: expected a file or folder below src/ that mutants are made of, or a mutant's name, received ${JSON.stringify(only)}`,
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isUsersMistake = error instanceof UsageError
  process.exitCode = isUsersMistake ? exits.usage : exits.internal
  const detail =
    error instanceof Error ? (isUsersMistake ? error.message : error.stack) : String(error)
  process.stderr.write(`${isUsersMistake ? '' : 'the simulator failed: '}${detail}\n`)
}
