/** `npm run sim`: reads as the method does. Draw, run, judge, run some again, report. */
import { availableParallelism } from 'node:os'
import { formatCorpus, judgeCorpus } from './corpus.ts'
import {
  describeCounterExamples,
  findCounterExamples,
  type CounterExample,
  type ExampleContext,
} from './counter-examples.ts'
import { demonstrateNaive } from './demonstrate.ts'
import { judgeReruns, seedsToRerun } from './determinism.ts'
import { digestRun } from './digest.ts'
import { UsageError } from './flags.ts'
import { judgeRun, type RunOutcome, type RunSummary } from './judge.ts'
import { helpText, parseOptions, type SimOptions } from './options.ts'
import { runInProcesses } from './pool.ts'
import { mixedProfiles } from './profiles.ts'
import { replayCommand, replayFileCommand, wholeCommand } from './replay.ts'
import { describeBounds, summarizeBounds } from './report/bound-uses.ts'
import { showRuns } from './report/html/show-runs.ts'
import type { ReportInput } from './report/html/types.ts'
import { startProgress } from './report/progress.ts'
import { toResult, type SimResult } from './report/result.ts'
import { formatChecks, formatSometimes } from './report/text.ts'
import {
  failuresFolder,
  hashSources,
  nameInProject,
  writePage,
  writeResult,
  writeSummary,
} from './report/write.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { readSaved, readScenario } from './scenario/save.ts'
import type { Scenario } from './scenario/types.ts'
import { joinParts, readParts, seedsOfShard, toPart, type Part } from './shards.ts'
import { loadFresh } from './subjects/fresh.ts'
import { loadSubject, SubjectError } from './subjects/load.ts'
import type { Subject } from './subjects/types.ts'
import { addUp } from './tally.ts'
import { limitSteps } from './world/step-limit.ts'
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
  const isWhole = options.isDefaultRun && options.shard === undefined
  const failed = isWhole ? await runCorpus(bench) : 0
  const summaries = options.showsTrace ? [await runOne(bench)] : await runMany(bench)
  if (options.shard === undefined) return finish(bench, summaries, failed)
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
  const bench = { time, options, subject: await loadSubject(subject) }
  return finish(bench, summaries, isDefaultRun ? await runCorpus(bench) : 0)
}

/** What once failed comes first. @returns How many of its scenarios fail. */
async function runCorpus(bench: Bench): Promise<number> {
  const verdict = await judgeCorpus((scenario) => judgeFresh(bench, scenario))
  print(formatCorpus(verdict, (file) => replayFileCommand(bench.subject.name, file)))
  return verdict.failures.length
}

/** @param failed - Scenarios of the corpus that fail. */
async function finish(
  bench: Bench,
  summaries: readonly RunSummary[],
  failed: number,
): Promise<number> {
  const { options } = bench
  const { result, examples } = await report(bench, summaries)
  if (options.isDefaultRun) print(`written: ${await writeSummary(result, options)}`)
  await writePages(bench, summaries, { result, examples })
  if (options.isDefaultRun) print(`\n${await demonstrateNaive(availableParallelism())}`)
  return conclude(result, options, failed)
}

/** The report for people: where the standard run has it, and where it was asked for. */
async function writePages(
  bench: Bench,
  summaries: readonly RunSummary[],
  { result, examples }: Reported,
): Promise<void> {
  const { options } = bench
  const files = [
    ...(options.isDefaultRun && options.shard === undefined ? [undefined] : []),
    ...(options.html === undefined ? [] : [options.html]),
  ]
  if (files.length === 0) return
  const context = exampleContext(bench)
  const again = (seed: number): Promise<RunOutcome> => context.run(context.scenarioOf(seed))
  const page: ReportInput = {
    result,
    examples,
    summaries,
    command: wholeCommand(options),
    seeds: options.seeds,
    sources: await hashSources(),
    isGated: options.isDefaultRun,
    shown: await showRuns(summaries, { run: again, replay: context.replay, examples }),
  }
  for (const file of files) print(`written: ${await writePage(file, page)}`)
}

/** A part is not gated by the "sometimes", which the whole has to meet. */
async function finishShard(bench: Bench, summaries: readonly RunSummary[]): Promise<number> {
  const { options } = bench
  const part = toPart(options, summaries, await hashSources())
  const { result, examples } = await report(bench, summaries, { part })
  await writePages(bench, summaries, { result, examples })
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
  return { ...outcome, digest: digestRun(outcome.record) }
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
  const progress = startProgress(seeds.length)
  const traced = { ...setup, seeds, tracedSeeds: again }
  const summaries = await runInProcesses(traced, ({ violations }) =>
    progress.add(violations.length > 0),
  )
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

interface Reported {
  result: SimResult
  examples: readonly CounterExample[]
}

/** @param more - Goes into the JSON as well. */
async function report(
  bench: Bench,
  summaries: readonly RunSummary[],
  more?: { part: Part },
): Promise<Reported> {
  const { options, subject } = bench
  const tally = addUp(summaries)
  const context = exampleContext(bench)
  const profile = options.profile === mixedProfiles ? 'documented' : options.profile
  const identity = { subject: subject.name, profile }
  const result = toResult(tally, identity, context.replay)
  // Before the counterexamples are run again, which nothing bounds.
  if (options.json !== undefined) await writeResult(options.json, { ...result, ...more })
  const examples = await findCounterExamples(tally.violations, context)
  print(describeCounterExamples(examples))
  print(`\n${formatChecks(result)}\n\n${formatSometimes(result)}\n`)
  print(options.showsTrace ? describeBounds(summaries) : summarizeBounds(summaries))
  print(`trace hash: ${result.traceHash}`)
  return { result, examples }
}

function exampleContext(bench: Bench): ExampleContext {
  const { options, subject } = bench
  return {
    replay: (seed) => replayCommand(options, subject.name, seed),
    scenarioOf: (seed) =>
      options.scenarioFile === undefined ? draw(bench, seed) : readScenario(options.scenarioFile),
    run: async (scenario, stepsMax = Number.POSITIVE_INFINITY) => {
      const time = limitSteps(bench.time, stepsMax)
      return { ...(await judgeFresh({ ...bench, time }, scenario)), steps: time.steps() }
    },
    shrunkFor:
      options.scenarioFile === undefined
        ? undefined
        : readSaved(options.scenarioFile).finding?.invariant,
    replayFile: (file) => replayFileCommand(subject.name, file),
    subject: nameInProject(subject.name),
    saveFolder: failuresFolder(options),
  }
}

function conclude(result: SimResult, options: SimOptions, failed = 0): number {
  const { runs, passed, subject } = result
  if (failed > 0) print(`FAILED: ${subject} breaks a promise in ${failed} scenarios of the corpus`)
  if (passed < runs) {
    print(`FAILED: ${subject} breaks a promise in ${runs - passed} of ${runs} runs`)
  }
  if (failed > 0 || passed < runs) return exits.violated
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
