/** The subject's own counters equal what the network carried: as many grants as the limiter was seen to give. */
import { notJudged, type Invariant } from './types.ts'

export const accountingAddsUp: Invariant = {
  name: 'accounting-adds-up',
  judge: ({ aftermath, acquires, attempts, scenario, processes }) => {
    if (aftermath?.grantedCounter === undefined) return notJudged
    // Where processes follow one another, of the last one.
    const judged = scenario.restarts === undefined ? 0 : processes
    const limited = attempts.filter(
      ({ call }) => call.endpoint !== 'other' && call.process === judged,
    )
    const granted = acquires.filter(
      ({ grantedAtMs, process }) => grantedAtMs !== undefined && process === judged,
    ).length
    const { grantedCounter } = aftermath
    // A call that is aborted in the instant of its grant sends nothing; the reverse, a request without a grant, is a fault.
    if (grantedCounter === granted && limited.length <= granted)
      return { checks: 1, violations: [] }
    const message = `the limiter counts ${grantedCounter} grants, ${granted} were seen, ${limited.length} requests were sent`
    return { checks: 1, violations: [{ atMs: attempts.at(-1)?.sentAtMs ?? 0, message }] }
  },
}
