/** Traffic for runs made by hand: calls that all wait from one instant on and are granted one after the other. */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { AcquireRecord, AttemptRecord } from '../../sim/world/record.ts'
import type { RunBuilder } from './run-record.ts'

export interface Traffic {
  /** Time between two grants. */
  everyMs: number
  fromMs?: number
  toMs: number
  /** @defaultValue chat */
  endpoint?: EndpointClass
  attempt?: Partial<AttemptRecord>
  acquire?: Partial<AcquireRecord>
}

/** Grants and sends at `fromMs` and every `everyMs` until `toMs`; the last one is the last to wait. */
export function addTraffic(run: RunBuilder, traffic: Traffic): void {
  const { everyMs, fromMs = 0, toMs, endpoint = 'chat', attempt = {}, acquire = {} } = traffic
  for (let atMs = fromMs; atMs <= toMs; atMs += everyMs) {
    run.acquire(fromMs, { grantedAtMs: atMs, endpoint, ...acquire })
    run.attempt(run.call(fromMs, { endpoint, settledAtMs: atMs + 100 }), atMs, attempt)
  }
}
