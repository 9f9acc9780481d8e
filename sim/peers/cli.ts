/** `npm run sim:peers`: the packages that people use for this, judged by the same invariants. */
import { availableParallelism } from 'node:os'
import { UsageError } from '../options.ts'
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

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isUsersMistake = error instanceof UsageError
  process.exitCode = isUsersMistake ? exits.usage : exits.internal
  const detail =
    error instanceof Error ? (isUsersMistake ? error.message : error.stack) : String(error)
  process.stderr.write(`${isUsersMistake ? '' : 'the simulator failed: '}${detail}\n`)
}
