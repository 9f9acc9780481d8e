/** A process of the pool: runs the seeds that it is given, one after the other, and sends back what it found. */
import { digestRun } from './digest.ts'
import { judgeRun } from './judge.ts'
import type { WorkerSetup } from './pool.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { loadFresh } from './subjects/fresh.ts'
import { loadSubject, SubjectError } from './subjects/load.ts'
import { installVirtualTime } from './world/time.ts'
import { loadTransport } from './world/transports/open.ts'

const setup = JSON.parse(process.argv[2] ?? '{}') as WorkerSetup
await loadTransport(setup.transport ?? 'direct')
const time = installVirtualTime(setup.drainTurns)

process.on('message', (seed: number) => {
  runSeed(seed).catch(sendFailure)
})
// Loaded once before the first seed, so that a subject that cannot be loaded is known at once.
await loadSubject(setup.subject).then(() => process.send?.('ready'), sendFailure)

async function runSeed(seed: number): Promise<void> {
  const subject = await loadFresh(time, setup.subject, seed)
  const scenario = drawScenario(seed, {
    isShipped: subject.createFullLimiter !== undefined,
    profile: setup.profile,
  })
  const { transport = 'direct', tracedSeeds } = setup
  const keepsTrace = tracedSeeds?.includes(seed) === true
  const { watchesHost = false } = setup
  const how = { transport, keepsTrace, watchesHost }
  const outcome = await judgeRun(time, subject, scenario, how)
  const { traceHash, violations, checks, met, bounds, trace } = outcome
  const digest = digestRun(outcome.record)
  const summary = { seed, traceHash, violations, checks, met, bounds, digest }
  process.send?.(keepsTrace ? { ...summary, traceText: trace.join('\n') } : summary)
}

function sendFailure(error: unknown): void {
  process.send?.({ failed: describeFailure(error), isSubjects: error instanceof SubjectError })
}

function describeFailure(error: unknown): string {
  if (error instanceof SubjectError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
