/**
 * The same identity gives the same trace: some of the seeds are run again, in another process, with twice the drain turns,
 * and a few of these over HTTP.
 */
import { findDivergence } from './divergence.ts'
import type { FoundViolation, RunSummary } from './judge.ts'
import { runInProcesses, type PoolSetup } from './pool.ts'
import type { TransportName } from './world/transports/transport.ts'

/** Enough to meet every theme. */
const rerunsMin = 8
/** Of many seeds, one in so many. */
const rerunEvery = 40
/** Of the seeds that are run again, one in so many is sent through the app that the mock's users run. */
const injectEvery = 4

/** The seeds that are run twice: spread over the set. */
export function seedsToRerun(seeds: readonly number[]): number[] {
  const count = Math.max(rerunsMin, Math.ceil(seeds.length / rerunEvery))
  const step = Math.max(1, Math.floor(seeds.length / count))
  return seeds.filter((_seed, index) => index % step === 0).slice(0, count)
}

type RerunSetup = Omit<PoolSetup, 'seeds' | 'tracedSeeds'>

/**
 * Runs seeds once more and writes the verdict of `same-seed-same-trace` into the summaries of the first time.
 *
 * @param summaries - What the first time found, of these seeds and others. Their traces are taken out of them.
 */
export async function judgeReruns(
  setup: RerunSetup,
  seeds: readonly number[],
  summaries: readonly RunSummary[],
): Promise<void> {
  const firsts = takeFirsts(summaries)
  const hangs = summaries.some(({ violations }) => violations.some((found) => found.hangs === true))
  if (hangs) return
  const { transport = 'direct' } = setup
  const isInjected = (index: number): boolean =>
    transport === 'direct' && index % injectEvery === injectEvery - 1
  const parts: [TransportName, number[]][] = [
    [transport, seeds.filter((_seed, index) => !isInjected(index))],
    ['inject', seeds.filter((_seed, index) => isInjected(index))],
  ]
  for (const [over, own] of parts) {
    const drainTurns = 2 * setup.drainTurns
    const pool = { ...setup, drainTurns, transport: over, seeds: own, tracedSeeds: own }
    for (const second of await runInProcesses({ ...pool, watchesHost: true })) {
      const first = firsts.get(second.seed)
      if (first === undefined) continue
      const way = over === transport ? '' : `, over ${over},`
      const again = `in another process${way} with twice the drain turns`
      const violation = escapeOf(second) ?? compare(first, second, again)
      first.summary.checks['same-seed-same-trace'] = 1
      if (violation === undefined || escapeOf(first.summary) !== undefined) continue
      first.summary.violations.push(violation)
    }
  }
}

/** What left the world, where the run itself has found that. */
function escapeOf({ violations }: RunSummary): FoundViolation | undefined {
  return violations.find(({ invariant }) => invariant === 'same-seed-same-trace')
}

interface First {
  summary: RunSummary
  trace: string | undefined
}

function takeFirsts(summaries: readonly RunSummary[]): Map<number, First> {
  const firsts = new Map<number, First>()
  for (const summary of summaries) {
    firsts.set(summary.seed, { summary, trace: summary.traceText })
    delete summary.traceText
  }
  return firsts
}

function compare(
  { summary, trace }: First,
  second: RunSummary,
  how: string,
): FoundViolation | undefined {
  const { seed, traceHash } = summary
  if (traceHash === second.traceHash) return undefined
  const invariant = 'same-seed-same-trace'
  const hashes = `trace hash ${traceHash}; ${how} ${second.traceHash}`
  if (trace === undefined || second.traceText === undefined) {
    return { invariant, seed, atMs: 0, message: hashes }
  }
  const divergence = findDivergence(trace, second.traceText, ['first', 'again'])
  const { atMs = 0, description = 'the lines are the same' } = divergence ?? {}
  return { invariant, seed, atMs, message: `${hashes}; ${description}` }
}
