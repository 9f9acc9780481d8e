/** A process in the instrumented copy: runs the seeds that it is given, each with one mutant on or with none. */
import { judgeRun } from '../judge.ts'
import { drawScenario } from '../scenario/draw-scenario.ts'
import type { Scenario } from '../scenario/types.ts'
import { loadFresh } from '../subjects/fresh.ts'
import { installVirtualTime } from '../world/time.ts'
import type { Order, Report, Start } from './messages.ts'
import { takeMet, turnOn } from './switch.ts'

const { mutant } = JSON.parse(process.argv[2] ?? '') as Start
// Before the subject is loaded: what its modules compute at import is a place of mutants too.
turnOn(mutant)
const time = installVirtualTime(1)

process.on('message', (order: Order) => {
  run(order).then(send, (error: unknown) => send({ crashed: describe(error), met: takeMet() }))
})
await loadFresh(time, 'shipped', 0)
send({ ready: true, met: takeMet() })

async function run(order: Order): Promise<Report> {
  turnOn(order.mutant)
  const subject = await loadFresh(time, 'shipped', order.seed)
  const scenario = drawScenario(order.seed, { isShipped: true, profile: 'documented' })
  const { traceHash, violations, checks } = await judgeRun(time, subject, scenario)
  return {
    kind: kindOf(scenario),
    traceHash,
    broken: violations.map(({ invariant }) => invariant),
    message: violations[0]?.message ?? '',
    checks: Object.values(checks).reduce((sum, count) => sum + count, 0),
    met: takeMet(),
  }
}

/** Runs of one kind show about the same defects, so that one of each is tried before a second. */
function kindOf({ theme, interface: ways, viaFetch, calls, works = [] }: Scenario): string {
  const hasDeadlines = calls.some(({ deadlineMs }) => deadlineMs !== undefined)
  const hasPriorities = calls.some(({ priority }) => priority !== undefined)
  const longRuns = works.map(({ kind }) => kind)
  return JSON.stringify([theme, ways, viaFetch, hasDeadlines, hasPriorities, ...longRuns])
}

function send(report: Report): void {
  process.send?.(report)
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
