/**
 * The least that an hour of requests can cost in virtual time: a loop that sends, a server's handler, two timers and the
 * promises between. No limiter, no retry, nothing recorded and nothing judged.
 */
import { systemClock } from '../../src/core/clock.ts'
import {
  documentedServerProfile,
  MockTogether,
  type MockResponse,
} from '../../src/server/handler.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { Draw } from '../../sim/world/draw.ts'
import { requestFor, simulatedModels } from '../../sim/world/requests.ts'
import type { VirtualTime } from '../../sim/world/time.ts'

/**
 * Sends what the scenario's first stream asks for; whether an answer is a refusal, which happens where nobody limits, is not
 * looked at.
 *
 * @returns How many were answered.
 * @internal
 */
export async function runBareHour(time: VirtualTime, scenario: Scenario): Promise<number> {
  time.reset(scenario.seed)
  const server = new MockTogether({
    profile: documentedServerProfile,
    models: simulatedModels,
    seed: scenario.seed,
    journalLengthMax: 0,
  })
  const [stream] = scenario.calls
  const [phase] = scenario.network
  if (stream === undefined || phase === undefined) throw new Error('the scenario is empty')
  const draw = new Draw(scenario.seed, 'network')
  const send = (): Promise<MockResponse> =>
    new Promise((resolve) => {
      systemClock.setTimer(() => {
        const answer = server.handle(requestFor('chat'), time.now())
        const backMs = draw.latency(phase.service) + draw.latency(phase.back)
        systemClock.setTimer(() => resolve(answer), backMs)
      }, draw.latency(phase.out))
    })
  let open = stream.count
  let answered = 0
  const call = async (): Promise<void> => {
    const { body } = await send()
    if (JSON.parse(body) !== null) answered += 1
    open -= 1
  }
  let sent = 0
  const begin = (): void => {
    sent += 1
    void call()
    if (sent < stream.count) systemClock.setTimer(begin, stream.overMs / stream.count)
  }
  begin()
  await time.run(() => open === 0)
  return answered
}
