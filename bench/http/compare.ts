/** Two servers under the same load, by turns, and what comes out. */
import type { BenchCase } from './cases.ts'
import type { ChildServer } from './child-server.ts'
import { load } from './load.ts'
import { medianOf } from './median.ts'
import type { MockBenchOptions } from './options.ts'

/** One server in one case. @internal */
export interface Figures {
  /** Of each round. */
  readonly requestsPerSecond: readonly number[]
  /** Processor time of the server's process for each request, in microseconds, of each round. */
  readonly cpuMicrosPerRequest: readonly number[]
}

/** One case. @internal */
export interface Comparison {
  readonly name: string
  readonly mock: Figures
  readonly bare: Figures
  /** Median requests a second, the mock's to the bare server's. */
  readonly ratio: number
  /** The same of what the processor alone would allow: it does not depend on what else the machine does. */
  readonly cpuRatio: number
}

interface Contest {
  readonly mock: ChildServer
  readonly bare: ChildServer
}

/** Rounds by turns: what disturbs the machine for a while then disturbs both. A first round is not counted. @internal */
export async function compare(
  benchCase: BenchCase,
  { mock, bare }: Contest,
  { rounds, connections, secondsPerRound }: MockBenchOptions,
): Promise<Comparison> {
  const sides = [new Side(mock), new Side(bare)] as const
  for (const side of sides) await side.run(benchCase, { connections, seconds: 1 })
  for (const side of sides) side.forget()
  for (let round = 0; round < rounds; round += 1) {
    // Neither is always the one that comes second.
    const order = round % 2 === 0 ? sides : sides.toReversed()
    for (const side of order) await side.run(benchCase, { connections, seconds: secondsPerRound })
  }
  const [one, other] = [sides[0].figures, sides[1].figures]
  return {
    name: benchCase.name,
    mock: one,
    bare: other,
    ratio: medianOf(one.requestsPerSecond) / medianOf(other.requestsPerSecond),
    cpuRatio: medianOf(other.cpuMicrosPerRequest) / medianOf(one.cpuMicrosPerRequest),
  }
}

class Side {
  readonly #server: ChildServer
  #requestsPerSecond: number[] = []
  #cpuMicrosPerRequest: number[] = []

  constructor(server: ChildServer) {
    this.#server = server
  }

  get figures(): Figures {
    return {
      requestsPerSecond: this.#requestsPerSecond,
      cpuMicrosPerRequest: this.#cpuMicrosPerRequest,
    }
  }

  async run(benchCase: BenchCase, plan: { connections: number; seconds: number }): Promise<void> {
    const before = await this.#server.usage()
    const { answers, perSecond } = await load(this.#server.url, benchCase, plan)
    const after = await this.#server.usage()
    this.#requestsPerSecond.push(perSecond)
    this.#cpuMicrosPerRequest.push((after.cpuMicros - before.cpuMicros) / answers)
  }

  forget(): void {
    this.#requestsPerSecond = []
    this.#cpuMicrosPerRequest = []
  }
}
