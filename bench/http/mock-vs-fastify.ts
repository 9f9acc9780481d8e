/**
 * `npm run bench:mock`: how many requests the mock answers, to how many a bare fastify route does that parses, validates
 * and answers the same.
 *
 * Exits 1 where a ratio is below the goal, 2 where the command line is wrong.
 */
import { writeFileSync } from 'node:fs'
import { benchCases } from './cases.ts'
import { startServer } from './child-server.ts'
import { compare, type Comparison } from './compare.ts'
import { describeMachine } from './machine.ts'
import { medianOf } from './median.ts'
import { parseMockBench, type MockBenchOptions } from './options.ts'

const ratioGoal = 0.85

async function run(options: MockBenchOptions): Promise<Comparison[]> {
  const mock = await startServer('mock')
  const bare = await startServer('bare-fastify')
  const comparisons: Comparison[] = []
  try {
    for (const benchCase of benchCases) {
      const comparison = await compare(benchCase, { mock, bare }, options)
      process.stdout.write(describe(comparison))
      comparisons.push(comparison)
    }
  } finally {
    await Promise.all([mock.stop(), bare.stop()])
  }
  return comparisons
}

function describe({ name, mock, bare, ratio, cpuRatio }: Comparison): string {
  const [mine, theirs] = [mock, bare].map((figures) => {
    const perSecond = Math.round(medianOf(figures.requestsPerSecond)).toLocaleString('en-US')
    return `${perSecond} requests/s at ${medianOf(figures.cpuMicrosPerRequest).toFixed(1)} us each`
  })
  return (
    `${name}\n  mock  ${mine}\n  bare  ${theirs}\n` +
    `  ratio ${ratio.toFixed(3)}, by processor time ${cpuRatio.toFixed(3)}\n`
  )
}

async function main(args: readonly string[]): Promise<void> {
  let options: MockBenchOptions
  try {
    options = parseMockBench(args)
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
    process.exitCode = 2
    return
  }
  const { jsonFile, ...plan } = options
  const { rounds, secondsPerRound, connections } = plan
  process.stdout.write(
    `medians of ${rounds} rounds of ${secondsPerRound} s by turns, ${connections} connections\n`,
  )
  const comparisons = await run(options)
  if (jsonFile !== undefined) {
    const result = {
      bench: 'mock-vs-fastify',
      machine: describeMachine(),
      plan,
      ratioGoal,
      comparisons,
    }
    writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`)
  }
  const isGood = comparisons.every(({ ratio }) => ratio >= ratioGoal)
  process.stdout.write(`${isGood ? 'reached' : 'MISSED'}: the goal of ${ratioGoal}\n`)
  if (!isGood) process.exitCode = 1
}

await main(process.argv.slice(2))
