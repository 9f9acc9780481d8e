/** The committed table of the peers is about the peers that there are, in the versions that are installed. */
import { expect, it } from 'vitest'
import { parsePeersOptions } from '../../sim/peers/options.ts'
import { renderMarkdown } from '../../sim/peers/render.ts'
import type { PeerVerdicts } from '../../sim/peers/verdicts.ts'
import { peers } from '../../sim/subjects/peers.ts'
import { readProjectFile } from './documents.ts'

const report: { seeds: { first: number; last: number }; peers: PeerVerdicts[] } = JSON.parse(
  readProjectFile('reports/sim/peers.json'),
)

it('has every peer as it is set now, over the standard seeds', () => {
  const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(
    readProjectFile('package.json'),
  )
  expect(report.peers).toMatchObject(
    peers.map((peer) => ({ ...peer, version: devDependencies[peer.package] })),
  )
  expect(report.seeds).toEqual({ first: 1, last: parsePeersOptions([]).runs })
})

it('is the same as Markdown and as JSON', () => {
  expect(readProjectFile('reports/sim/peers.md')).toBe(
    renderMarkdown(report.peers, report.seeds.last),
  )
})
