/** `npm run sim:peers`: the packages that people use for this, judged by the same invariants. */
import { availableParallelism } from 'node:os'
import { runCommand } from '../flags.ts'
import { writePeers } from '../report/write.ts'
import { peers } from '../subjects/peers.ts'
import { helpText, parsePeersOptions } from './options.ts'
import { formatPeer, renderMarkdown } from './render.ts'
import { runPeers } from './run-peers.ts'

const exits = { made: 0, usage: 2, internal: 4 } as const

async function main(args: readonly string[]): Promise<number> {
  const { runs, chosen, isStandard, help } = parsePeersOptions(args)
  if (help) {
    process.stdout.write(helpText)
    return exits.made
  }
  const seeds = Array.from({ length: runs }, (_unused, index) => index + 1)
  const some = peers.filter(({ name }) => chosen.includes(name))
  const table = await runPeers(some, { seeds, workers: availableParallelism() }, (verdicts) => {
    process.stdout.write(`${formatPeer(verdicts)}\n\n`)
  })
  if (isStandard) {
    const files = await writePeers(table, renderMarkdown(table, runs), runs)
    process.stdout.write(`written: ${files.join(', ')}\n`)
  }
  return exits.made
}

await runCommand(main, exits)
