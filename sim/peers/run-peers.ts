/** Runs the peers one after the other over the same seeds, each in processes of its own. */
import { readFileSync } from 'node:fs'
import { judgeReruns } from '../determinism.ts'
import type { RunSummary } from '../judge.ts'
import { runInProcesses } from '../pool.ts'
import type { Peer } from '../subjects/peers.ts'
import { judgePeer, reportFailure, type PeerVerdicts } from './verdicts.ts'

/** Of the seeds, so many are run twice. */
const rerunsMax = 2
/** Real time; far above what a run takes on a slow machine, and short enough that a hang does not hold up the table. */
const runMsMaxDefault = 60_000

export interface PeersSetup {
  seeds: readonly number[]
  /** Processes, at least 1. */
  workers: number
  /** Real milliseconds that a run may take. @defaultValue 60_000 */
  runMsMax?: number
}

/** @param onVerdicts - Told of each peer when it has been judged, in the order given. */
export async function runPeers(
  peers: readonly Peer[],
  setup: PeersSetup,
  onVerdicts: (verdicts: PeerVerdicts) => void = () => {},
): Promise<PeerVerdicts[]> {
  const versions = readVersions()
  const table: PeerVerdicts[] = []
  for (const peer of peers) {
    const verdicts = await runPeer(peer, versions[peer.package] ?? 'unknown', setup)
    table.push(verdicts)
    onVerdicts(verdicts)
  }
  return table
}

async function runPeer(peer: Peer, version: string, setup: PeersSetup): Promise<PeerVerdicts> {
  try {
    return judgePeer(peer, version, await summarizeRuns(peer.name, setup))
  } catch (error) {
    return reportFailure(peer, version, error)
  }
}

async function summarizeRuns(subject: string, setup: PeersSetup): Promise<RunSummary[]> {
  const { seeds, workers, runMsMax = runMsMaxDefault } = setup
  const pool = { subject, profile: 'documented', drainTurns: 1, workers, runMsMax }
  const again = seeds.slice(0, rerunsMax)
  const summaries = await runInProcesses({ ...pool, seeds, tracedSeeds: again })
  await judgeReruns(pool, again, summaries)
  return summaries
}

/** They are pinned exactly, so what package.json says is what is installed. */
function readVersions(): Record<string, string> {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { devDependencies: Record<string, string> }).devDependencies
}
