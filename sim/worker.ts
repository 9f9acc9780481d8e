/** A process of the pool: runs the seeds that it is given, one after the other, and sends back what it found. */
import { judgeRun } from './judge.ts'
import type { WorkerSetup } from './pool.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { loadSubject } from './subjects/load.ts'
import { installVirtualTime } from './world/time.ts'

const setup = JSON.parse(process.argv[2] ?? '{}') as WorkerSetup
const time = installVirtualTime(setup.drainTurns)
const subject = await loadSubject(setup.subject)

process.on('message', (seed: number) => {
  void runSeed(seed)
})
process.send?.('ready')

async function runSeed(seed: number): Promise<void> {
  const scenario = drawScenario(seed, {
    isShipped: subject.name === 'shipped',
    profile: setup.profile,
  })
  const { traceHash, violations, checks, met } = await judgeRun(time, subject, scenario)
  process.send?.({ seed, traceHash, violations, checks, met })
}
