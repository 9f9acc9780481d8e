/** The table of the peers, made in the processes that make it: the same twice, and whole whatever one of them does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runPeers } from '../../sim/peers/run-peers.ts'
import type { PeerVerdicts } from '../../sim/peers/verdicts.ts'
import { peers, type Peer } from '../../sim/subjects/peers.ts'

const pQueue = peers.filter(({ name }) => name === 'p-queue')
const unknown: Omit<Peer, 'name'> = { package: 'none', part: 'limiter', setup: '' }

it('goes on after a peer that ends the process and one that cannot be loaded, and gives the same rows again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sim-peers-'))
  try {
    const leaving = join(folder, 'leaving.mjs')
    await writeFile(
      leaving,
      'export const createLimiter = () => ({ acquire: async () => process.exit(3) })\n',
    )
    const seeds = [1, 2]
    const told: PeerVerdicts[] = []
    const table = await runPeers(
      [{ ...unknown, name: leaving }, { ...unknown, name: join(folder, 'missing.mjs') }, ...pQueue],
      { seeds, workers: 1 },
      (verdicts) => told.push(verdicts),
    )
    expect(told).toEqual(table)
    expect(table).toMatchObject([
      { runs: 1, passed: 0, endedBy: expect.stringContaining('exit 3') },
      { runs: 0, endedBy: expect.stringContaining('no such file') },
      { runs: 2, version: '9.3.5', holds: { 'same-seed-same-trace': 2 } },
    ])
    expect(table[2]).not.toHaveProperty('endedBy')
    expect(await runPeers(pQueue, { seeds, workers: 2 })).toEqual(table.slice(2))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
