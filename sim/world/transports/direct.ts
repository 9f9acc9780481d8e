/** The handler in this process, and light answers: the way that costs least. */
import type { MockRequest, MockResponse, MockTogether } from '../../../src/server/handler.ts'
import { LightResponse } from '../light-response.ts'
import type { BodyPlan, Carried, Transport } from './transport.ts'

export class DirectTransport implements Transport {
  readonly #server: MockTogether

  constructor(server: MockTogether) {
    this.#server = server
  }

  carry(request: MockRequest, nowMs: number, deliver: (carried: Carried) => void): void {
    deliver(new LightCarried(asText(this.#server.handle(request, nowMs))))
  }

  async close(): Promise<void> {}
}

class LightCarried implements Carried {
  readonly answer: MockResponse

  constructor(answer: MockResponse) {
    this.answer = answer
  }

  respond({ arrived, events }: BodyPlan): Response {
    const { status, headers, body, delivery } = this.answer
    const whole = delivery.truncate !== true
    const text = whole ? body : body.slice(0, body.length / 2)
    const response = new LightResponse({ status, headers, text, whole, arrived, events })
    // It has all that the contract promises of a response, which is less than the type says.
    return response as unknown as Response
  }
}

/** Files come as bytes; those of the simulator are all text. */
export function asText(answer: MockResponse): MockResponse {
  const { bytes } = answer
  return bytes === undefined ? answer : { ...answer, body: new TextDecoder().decode(bytes) }
}
