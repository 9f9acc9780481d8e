/** `npm run sim:power`: how many planted defects the simulator finds. */
import { availableParallelism } from 'node:os'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand, UsageError } from '../flags.ts'
import { startProgress } from '../report/progress.ts'
import { writeAsJson, writePower } from '../report/write.ts'
import { findCandidates, modules, type Candidate } from './candidates.ts'
import { projectFolder } from './copy.ts'
import { helpText, parsePowerOptions, type PowerOptions } from './options.ts'
import { readReasons, type Reason } from './reasons.ts'
import { formatHunted, formatResult, renderPower, renderTimes } from './render.ts'
import { explainAnew, isStandard, isStrong, toPowerResult, type PowerResult } from './result.ts'
import { runMutants, type Hunted } from './run-mutants.ts'
import { drawSample, selectOnly } from './sample.ts'

const exits = { strong: 0, weak: 1, usage: 2, internal: 4 } as const

async function main(args: readonly string[]): Promise<number> {
  const options = parsePowerOptions(args)
  if (options.help) {
    process.stdout.write(helpText)
    return exits.strong
  }
  const reasons = await readReasons()
  const { result, times } =
    options.from === undefined
      ? await measure(options, reasons)
      : { result: explainAnew(await readResult(options.from), reasons), times: '' }
  print(`\n${formatResult(result)}`)
  if (options.json !== undefined) await writeAsJson(options.json, result)
  if (isStandard(result)) {
    const files = await writePower(result, renderPower(result) + times)
    print(`written: ${files.join(', ')}`)
  }
  return isStrong(result) ? exits.strong : exits.weak
}

/** @returns The times as well, which are of this machine and so no part of the result. */
async function measure(
  options: PowerOptions,
  reasons: ReadonlyMap<string, Reason>,
): Promise<{ result: PowerResult; times: string }> {
  const candidates = await findCandidates(join(projectFolder, 'src'))
  const mutants = choose(candidates, options)
  print(`${mutants.length} of ${candidates.length} mutants, seeds 1 to ${options.runs}`)
  const identity = {
    sample: options.only === undefined ? options.mutants : undefined,
    seed: options.seed,
    seeds: { first: 1, last: options.runs },
    seconds: options.seconds,
    candidates: countByModule(candidates),
  }
  const soFar: Hunted[] = []
  const hunted = await huntAll(mutants, options, async (one) => {
    soFar.push(one)
    // What is known when somebody loses patience is worth having.
    if (options.json === undefined) return
    await writeAsJson(options.json, toPowerResult(soFar, reasons, identity))
  })
  return { result: toPowerResult(hunted, reasons, identity), times: renderTimes(hunted) }
}

async function readResult(file: string): Promise<PowerResult> {
  const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), file)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PowerResult
  } catch (error) {
    throw new UsageError(`--from: cannot read ${JSON.stringify(file)}`, { cause: error })
  }
}

async function huntAll(
  mutants: readonly Candidate[],
  options: PowerOptions,
  onHunted: (hunted: Hunted) => Promise<void>,
): Promise<Hunted[]> {
  const progress = startProgress(options.runs)
  const setup = {
    seeds: Array.from({ length: options.runs }, (_unused, index) => index + 1),
    workers: availableParallelism(),
    msMax: options.seconds * 1_000,
  }
  return runMutants(mutants, setup, {
    onBaselineRun: () => progress.add(false),
    onHunted: (hunted) => {
      progress.end()
      print(formatHunted(hunted))
      return onHunted(hunted)
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

await runCommand(main, exits)
