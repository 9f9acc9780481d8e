/** Sets off what a scenario has planned: calls, other tenants, wall-clock jumps, and a queue that is kept from running dry. */
import { systemClock } from '../../src/core/clock.ts'
import type { CallStream, Scenario } from '../scenario/types.ts'
import type { Client } from './client.ts'
import { Draw } from './draw.ts'
import type { Network } from './network.ts'
import type { RunRecord } from './record.ts'
import { requestFor } from './requests.ts'
import type { VirtualTime } from './time.ts'

const topUpEveryMs = 1_000

export interface WorkloadParts {
  time: VirtualTime
  scenario: Scenario
  client: Client
  network: Network
  record: RunRecord
  /** Whether the throughput is back, or has had the time it may take. */
  isTopUpOver: () => boolean
}

export class Workload {
  /** Streams and other sources that may still begin calls. */
  open = 0
  readonly #parts: WorkloadParts

  constructor(parts: WorkloadParts) {
    this.#parts = parts
  }

  start(): void {
    const { scenario, time, record, network, client } = this.#parts
    const { restarts = [] } = scenario
    if (restarts.length > 0) client.restart()
    for (const { atMs, initialUsage } of restarts) {
      time.setWorldTimer(() => client.restart(initialUsage), atMs)
    }
    const draw = new Draw(scenario.seed, 'workload')
    for (const stream of scenario.calls) this.#startStream(stream, draw)
    if (scenario.topUp !== undefined) this.#topUp(scenario.topUp.waitingMin)
    for (const jump of scenario.wallJumps) {
      time.setWorldTimer(() => {
        time.jumpWall(jump.byMs)
        record.line(time.now(), `wall clock jumps by ${jump.byMs}`)
      }, jump.atMs)
    }
    for (const tenant of scenario.tenants) {
      const ask = (): void => {
        network.ask(requestFor('chat'))
        if (time.now() + tenant.everyMs < tenant.toMs) time.setWorldTimer(ask, tenant.everyMs)
      }
      time.setWorldTimer(ask, tenant.fromMs)
    }
    for (const { atMs, lastsMs } of scenario.stalls ?? []) {
      time.setWorldTimer(() => record.line(atMs, `the process is busy for ${lastsMs} ms`), atMs)
    }
  }

  /** One timer a stream, however many calls it has. */
  #startStream(stream: CallStream, draw: Draw): void {
    const offsets = offsetsOf(stream, draw)
    let next = 0
    this.open += 1
    const begin = (): void => {
      const nowMs = this.#parts.time.now()
      while (next < offsets.length && stream.fromMs + (offsets[next] ?? 0) <= nowMs) {
        next += 1
        this.#parts.client.start(stream)
      }
      if (next < offsets.length) {
        systemClock.setTimer(begin, stream.fromMs + (offsets[next] ?? 0) - nowMs)
      } else {
        this.open -= 1
      }
    }
    systemClock.setTimer(begin, stream.fromMs + (offsets[0] ?? 0))
  }

  #topUp(waitingMin: number): void {
    const { client, scenario, isTopUpOver } = this.#parts
    const stream: CallStream = {
      fromMs: scenario.faultsEndMs,
      count: 1,
      overMs: 0,
      spacing: 'even',
      endpoint: 'chat',
    }
    this.open += 1
    const fill = (): void => {
      if (isTopUpOver()) {
        this.open -= 1
        return
      }
      while (client.unsettled < waitingMin) client.start(stream)
      systemClock.setTimer(fill, topUpEveryMs)
    }
    systemClock.setTimer(fill, scenario.faultsEndMs)
  }
}

/** When the calls of a stream begin, in milliseconds after its own beginning. */
function offsetsOf({ count, overMs, spacing }: CallStream, draw: Draw): number[] {
  const meanGapMs = overMs / count
  let sumMs = 0
  return Array.from({ length: count }, (_unused, index) => {
    if (spacing === 'even') return Math.floor((index * overMs) / count)
    if (spacing === 'random') return draw.int(0, overMs)
    sumMs += draw.exponential(meanGapMs)
    return Math.floor(sumMs)
  }).toSorted((left, right) => left - right)
}
