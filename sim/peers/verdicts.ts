/** What a peer's runs say of each invariant. A peer that hangs or crashes is a finding like any other. */
import { invariants } from '../invariants/index.ts'
import type { InvariantName } from '../invariants/types.ts'
import type { RunSummary } from '../judge.ts'
import type { Peer } from '../subjects/peers.ts'

/** The rows of the table. */
export const invariantNames: readonly InvariantName[] = [
  ...invariants.map(({ name }) => name),
  'same-seed-same-trace',
]

/** A broken invariant. */
export interface Broken {
  /** In how many of the peer's runs. */
  runs: number
  /** The first of the seeds that show it, and what it shows. */
  seed: number
  message: string
}

/** A row of reports/sim/peers.json. An invariant that is in neither of the two was not judged. */
export interface PeerVerdicts extends Peer {
  /** Of the package, as package.json pins it. */
  version: string
  runs: number
  /** Runs without a violation. */
  passed: number
  broken: Partial<Record<InvariantName, Broken>>
  /** By invariant that holds, how many things were looked at. */
  holds: Partial<Record<InvariantName, number>>
  /** Why there are fewer runs than seeds. */
  endedBy?: string
}

/** @param summaries - In the order of their seeds. */
export function judgePeer(
  peer: Peer,
  version: string,
  summaries: readonly RunSummary[],
): PeerVerdicts {
  const counted = untilNoEnd(summaries)
  const verdicts: PeerVerdicts = {
    ...peer,
    version,
    runs: counted.length,
    passed: counted.filter(({ violations }) => violations.length === 0).length,
    broken: {},
    holds: {},
  }
  for (const name of invariantNames) addVerdict(verdicts, name, counted)
  const end = noEndOf(counted.at(-1))
  return end === undefined ? verdicts : { ...verdicts, endedBy: `seed ${end.seed}: ${end.message}` }
}

/** For a peer that cannot be run at all. */
export function reportFailure(peer: Peer, version: string, error: unknown): PeerVerdicts {
  const endedBy = error instanceof Error ? error.message : String(error)
  return { ...peer, version, runs: 0, passed: 0, broken: {}, holds: {}, endedBy }
}

function addVerdict(
  verdicts: PeerVerdicts,
  name: InvariantName,
  summaries: readonly RunSummary[],
): void {
  const found = summaries.flatMap(({ violations }) => violations.filter(isOf(name)).slice(0, 1))
  const [first] = found
  if (first !== undefined) {
    verdicts.broken[name] = { runs: found.length, seed: first.seed, message: first.message }
    return
  }
  const checks = summaries.reduce((sum, summary) => sum + (summary.checks[name] ?? 0), 0)
  if (checks > 0) verdicts.holds[name] = checks
}

function isOf(name: InvariantName): (violation: { invariant: InvariantName }) => boolean {
  return ({ invariant }) => invariant === name
}

/** Which seeds other processes still finished after one that has no end is a matter of speed: they are left out. */
function untilNoEnd(summaries: readonly RunSummary[]): readonly RunSummary[] {
  const index = summaries.findIndex((summary) => noEndOf(summary) !== undefined)
  return index < 0 ? summaries : summaries.slice(0, index + 1)
}

function noEndOf(summary: RunSummary | undefined): RunSummary['violations'][number] | undefined {
  return summary?.violations.find(({ hangs }) => hangs === true)
}
