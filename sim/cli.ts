/** `npm run sim`: reads as the method does. Draw, run, judge, run some again, report. */
import { availableParallelism } from 'node:os'
import { describeCounterExamples, type ExampleContext } from './counter-examples.ts'
import { demonstrateNaive } from './demonstrate.ts'
import { judgeReruns, seedsToRerun } from './determinism.ts'
import { judgeRun, type RunOutcome, type RunSummary } from './judge.ts'
import { helpText, parseOptions, UsageError, type SimOptions } from './options.ts'
import { runInProcesses } from './pool.ts'
import { replayCommand } from './replay.ts'
import { Progress } from './report/progress.ts'
import { toResult, type SimResult } from './report/result.ts'
import { formatChecks, formatSometimes } from './report/text.ts'
import { hashSources, writeResult, writeSummary } from './report/write.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { readScenario } from './scenario/save.ts'
import type { Scenario } from './scenario/types.ts'
import { joinParts, readParts, seedsOfShard, toPart, type Part } from './shards.ts'
import { loadFresh } from './subjects/fresh.ts'
import { loadSubject, SubjectError } from './subjects/load.ts'
import type { Subject } from './subjects/types.ts'
import { addUp, type Tally } from './tally.ts'
import { installVirtualTime, type VirtualTime } from './world/time.ts'
import { loadTransport } from './world/transports/open.ts'

const exits = { holds: 0, violated: 1, usage: 2, tooWeak: 3, internal: 4 } as const

/** What this process needs to run a scenario itself. */
interface Bench {
  time: VirtualTime
  subject: Subject
  options: SimOptions
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.help) {
    print(helpText)
    return exits.holds
  }
  if (options.merge !== undefined) return merge(options.merge, options)
  await loadTransport(options.transport)
  // Before the subject is loaded, so that what it captures at import is virtual.
  const time = installVirtualTime(options.drainTurns)
  stage = 'loading the subject'
  const bench = { time, options, subject: await loadSubject(options.subject) }
  stage = 'running it'
  const summaries = options.showsTrace ? [await runOne(bench)] : await runMany(bench)
  if (options.shard === undefined) return finish(bench, summaries)
  return finishShard(bench, summaries)
}

/** Joins what several machines have found; nothing is run but counterexamples. */
async function merge(folder: string, given: SimOptions): Promise<number> {
  const { whole, summaries } = joinParts(await readParts(folder))
  const { seeds, profile, subject, transport, drainTurns, isDefaultRun } = whole
  if (whole.sources !== (await hashSources())) {
    throw new UsageError('--merge: the parts were made by other sources than these')
  }
  const options = { ...given, seeds, profile, subject, transport, drainTurns, isDefaultRun }
  await loadTransport(transport)
  const time = installVirtualTime(drainTurns)
  return finish({ time, options, subject: await loadSubject(subject) }, summaries)
}

async function finish(bench: Bench, summaries: readonly RunSummary[]): Promise<number> {
  const { options } = bench
  const result = await report(bench, addUp(summaries))
  if (options.isDefaultRun) {
    print(`written: ${await writeSummary(result, options)}\n`)
    print(await demonstrateNaive(availableParallelism()))
  }
  return conclude(result, options)
}

/** A part is not gated by the "sometimes", which the whole has to meet. */
async function finishShard(bench: Bench, summaries: readonly RunSummary[]): Promise<number> {
  const { options } = bench
  const part = toPart(options, summaries, await hashSources())
  const result = await report(bench, addUp(summaries), { part })
  if (options.json === undefined) print('without --json FILE there is nothing to merge')
  return conclude(result, { ...options, isDefaultRun: false })
}

/** One scenario in this process, with its trace. */
async function runOne(bench: Bench): Promise<RunSummary> {
  const { scenarioFile, seeds } = bench.options
  const scenario =
    scenarioFile === undefined ? draw(bench, seeds.first) : readScenario(scenarioFile)
  print(`subject ${bench.subject.name}, seed ${scenario.seed}`)
  print(`scenario: ${JSON.stringify(scenario)}`)
  const outcome = await judgeFresh(bench, scenario)
  print(outcome.trace.join('\n'))
  return outcome
}

/** All seeds on all cores, and some of them a second time. */
async function runMany({ subject, options }: Bench): Promise<RunSummary[]> {
  const { first, last } = options.seeds
  const all = Array.from({ length: last - first + 1 }, (_unused, index) => first + index)
  const seeds = seedsOfShard(all, options.shard)
  const { shard } = options
  const share = shard === undefined ? '' : `, shard ${shard.index} of ${shard.count}`
  print(`subject ${subject.name}, profile ${options.profile}, seeds ${first} to ${last}${share}`)
  const { profile, drainTurns, transport } = options
  const again = ownReruns(all, seeds)
  const workers = availableParallelism()
  const setup = { subject: options.subject, profile, drainTurns, transport, workers }
  const progress = new Progress(seeds.length)
  const traced = { ...setup, seeds, tracedSeeds: again }
  const summaries = await runInProcesses(traced, () => progress.add())
  await judgeReruns(setup, again, summaries)
  progress.end()
  return summaries
}

/** Chosen from all seeds, so that shards together run the same ones again as one machine does. */
function ownReruns(all: readonly number[], own: readonly number[]): number[] {
  const mine = new Set(own)
  return seedsToRerun(all).filter((seed) => mine.has(seed))
}

async function judgeFresh({ time, options }: Bench, scenario: Scenario): Promise<RunOutcome> {
  const subject = await loadFresh(time, options.subject, scenario.seed)
  const { transport } = options
  return judgeRun(time, subject, scenario, { keepsTrace: true, transport, watchesHost: true })
}

function draw({ options, subject }: Bench, seed: number): Scenario {
  const isShipped = subject.createFullLimiter !== undefined
  return drawScenario(seed, { isShipped, profile: options.profile })
}

/** @param more - Goes into the JSON as well. */
async function report(bench: Bench, tally: Tally, more?: { part: Part }): Promise<SimResult> {
  const { options, subject } = bench
  const replay = (seed: number): string => replayCommand(options, subject.name, seed)
  const result = toResult(tally, { subject: subject.name, profile: options.profile }, replay)
  // Before the counterexamples are run again, which nothing bounds.
  if (options.json !== undefined) await writeResult(options.json, { ...result, ...more })
  const context: ExampleContext = {
    replay,
    scenarioOf: (seed) =>
      options.scenarioFile === undefined ? draw(bench, seed) : readScenario(options.scenarioFile),
    run: (scenario) => judgeFresh(bench, scenario),
  }
  print(await describeCounterExamples(tally.violations, context))
  print(
    `\n${formatChecks(result)}\n\n${formatSometimes(result)}\n\ntrace hash: ${result.traceHash}`,
  )
  return result
}

function conclude(result: SimResult, options: SimOptions): number {
  const { runs, passed, subject } = result
  if (passed < runs) {
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

/** What would be interrupted if the process ended now. */
let stage: 'loading the subject' | 'running it' | 'nothing' = 'nothing'

/** A subject may end the process, or never come to the end of its own first lines: both have to be seen. */
process.on('exit', () => {
  if (stage === 'nothing') return
  process.exitCode = stage === 'loading the subject' ? exits.usage : exits.violated
  process.stderr.write(
    `the process ended while ${stage}: it calls process.exit or awaits for ever\n`,
  )
})

async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
    stage = 'nothing'
  } catch (error) {
    stage = 'nothing'

    const isUsersMistake = error instanceof UsageError || error instanceof SubjectError
    process.exitCode = isUsersMistake ? exits.usage : exits.internal
    const detail =
      error instanceof Error ? (isUsersMistake ? error.message : error.stack) : String(error)
    process.stderr.write(`${isUsersMistake ? '' : 'the simulator failed: '}${detail}\n`)
  }
}

await run()
