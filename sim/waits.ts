/** Who waited for the limiter, and how long: what several of the "sometimes" look at. */
import type { RunRecord } from './world/record.ts'

const waitMsToBind = 20_000

/** A call of that class waits long, behind others. */
export function bindsFor(run: RunRecord, endpoint: string): boolean {
  return run.acquires.some(
    (a) =>
      a.endpoint === endpoint &&
      a.grantedAtMs !== undefined &&
      a.grantedAtMs - a.calledAtMs >= waitMsToBind,
  )
}

/** Some call waits at that instant. */
export function waitsAt(run: RunRecord, atMs: number): boolean {
  return run.acquires.some((a) => a.calledAtMs <= atMs && (a.grantedAtMs ?? 0) > atMs)
}
