/** `npm run sim`: reads as the method does. Draw, run, judge, look for non-determinism, report. */
import { readScenario } from './scenario/save.ts'
import { demonstrateNaive } from './demonstrate.ts'
import { rerunElsewhere, rerunSeeds } from './determinism.ts'
import { CounterExamples } from './counter-examples.ts'
import { helpText, parseOptions, UsageError, type SimOptions } from './options.ts'
import { replayCommand } from './replay.ts'
import { formatChecks, formatSometimes } from './report/text.ts'
import { toResult, type SimResult } from './report/result.ts'
import { writeResult, writeSummary } from './report/write.ts'
import { runScenarios } from './run-seeds.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import type { Scenario } from './scenario/types.ts'
import { loadSubject, SubjectError } from './subjects/load.ts'
import type { Subject } from './subjects/types.ts'
import { installVirtualTime, type VirtualTime } from './world/time.ts'

const exits = { holds: 0, violated: 1, usage: 2, tooWeak: 3, internal: 4 } as const

/** A rerun's own process does not start another one. */
const isRerun = process.env['TOGETHER_SIM_RERUN'] === '1'
/** Fewer runs than this are somebody looking at something, not a proof. */
const runsToGuard = 8

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.help) {
    print(helpText)
    return exits.holds
  }
  const scenarios = drawScenarios(options)
  const time = installVirtualTime(options.drainTurns)
  const subject = await loadSubject(options.subject)
  const guardsDeterminism = !isRerun && options.scenarioFile === undefined && scenarios.length >= runsToGuard
  const rerun = guardsDeterminism ? rerunElsewhere(options) : undefined
  // It is awaited below; until then a failure of it must not end the process.
  rerun?.catch(() => undefined)
  announce(options, subject, scenarios)
  const result = await runAll({ time, subject, scenarios, options, rerun })
  if (options.json !== undefined) await writeResult(options.json, result)
  if (options.isDefaultRun) {
    print(`written: ${await writeSummary(result, options)}`)
    await demonstrateNaive(time, print)
  }
  return conclude(result, options)
}

function drawScenarios(options: SimOptions): Scenario[] {
  if (options.scenarioFile !== undefined) return [readScenario(options.scenarioFile)]
  const kind = { isShipped: options.subject === 'shipped', profile: options.profile }
  const { first, last } = options.seeds
  return Array.from({ length: last - first + 1 }, (_unused, index) => drawScenario(first + index, kind))
}

function announce(options: SimOptions, subject: Subject, scenarios: readonly Scenario[]): void {
  const { first, last } = options.seeds
  const seeds = options.scenarioFile ?? (first === last ? `seed ${first}` : `seeds ${first} to ${last}`)
  print(`subject ${subject.name}, profile ${options.profile}, ${seeds}`)
  if (options.showsTrace) print(`scenario: ${JSON.stringify(scenarios[0])}`)
}

async function runAll(parts: {
  time: VirtualTime
  subject: Subject
  scenarios: readonly Scenario[]
  options: SimOptions
  rerun: Promise<string> | undefined
}): Promise<SimResult> {
  const { time, subject, scenarios, options } = parts
  const replay = (seed: number): string => replayCommand(options, subject.name, seed)
  const examples = new CounterExamples(replay)
  const rerunSeed = rerunSeeds(options)
  const rerunRuns: string[] = []
  const tally = await runScenarios(time, subject, scenarios, (outcome) => {
    examples.add(outcome)
    if (outcome.scenario.seed <= rerunSeed.last) rerunRuns.push(outcome.traceHash)
    if (options.showsTrace) print(outcome.trace.join('\n'))
  })
  if (parts.rerun !== undefined) examples.judgeRerun(tally, rerunRuns, await parts.rerun)
  const result = toResult(tally, { subject: subject.name, profile: options.profile }, replay)
  print(examples.format())
  print(`${formatChecks(result)}\n\n${formatSometimes(result)}\n`)
  print(`trace hash: ${result.traceHash}`)
  return result
}

function conclude(result: SimResult, options: SimOptions): number {
  const { runs, passed, subject } = result
  if (passed < runs || result.violations.length > 0) {
    print(`FAILED: ${subject} breaks a promise in ${runs - passed} of ${runs} runs`)
    return exits.violated
  }
  const unmet = Object.keys(result.sometimes).filter((name) => result.sometimes[name] === 0)
  if (options.isDefaultRun && unmet.length > 0) {
    print(`TOO WEAK: these seeds never met: ${unmet.join('; ')}`)
    return exits.tooWeak
  }
  print(`PASSED: ${subject} keeps every promise in ${runs} of ${runs} runs`)
  return exits.holds
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`)
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    const isUsersMistake = error instanceof UsageError || error instanceof SubjectError
    process.exitCode = isUsersMistake ? exits.usage : exits.internal
    const detail = error instanceof Error ? (isUsersMistake ? error.message : error.stack) : String(error)
    process.stderr.write(`${isUsersMistake ? '' : 'the simulator failed: '}${detail}\n`)
  }
}

await run()
