/**
 * The production app in front of the handler, asked by HTTP: injected, or over a socket.
 *
 * The app's clock is the simulator's. What the app would wait for, it does not wait for here: the network adds that time,
 * as on the direct transport, and the witness sees that the app asked for just that wait. So every exchange is over in the
 * instant in which it begins, while time is held back, and the host's own pace changes nothing.
 */
import type { Clock } from '../../../src/core/clock.ts'
import type { MockRequest, MockResponse, MockTogether } from '../../../src/server/handler.ts'
import type { VirtualTime } from '../time.ts'
import { asText } from './direct.ts'
import { afterTurns } from './host-turns.ts'
import { realResponse } from './real-response.ts'
import type { BodyPlan, Carried, Transport, TransportParts } from './transport.ts'
import { toWire, type Came, type Wire } from './wire.ts'
import { silence, Witness } from './witness.ts'

/** Makes the wire to an app of that server, on that clock. */
export type OpenWire = (server: MockTogether, clock: Clock) => Promise<Wire>

export class HttpTransport implements Transport {
  readonly #time: VirtualTime
  readonly #witness: Witness
  readonly #clock: { nowMs: number }
  readonly #wire: Wire
  #failure: { error: unknown } | undefined

  static async open({ server, time }: TransportParts, openWire: OpenWire): Promise<HttpTransport> {
    const witness = new Witness(server)
    const clock = { nowMs: 0 }
    const wire = await time.host(() => openWire(server, clockOf(clock, time, witness)))
    return new HttpTransport({ time, witness, clock, wire })
  }

  private constructor(parts: {
    time: VirtualTime
    witness: Witness
    clock: { nowMs: number }
    wire: Wire
  }) {
    this.#time = parts.time
    this.#witness = parts.witness
    this.#clock = parts.clock
    this.#wire = parts.wire
  }

  carry(request: MockRequest, nowMs: number, deliver: (carried: Carried) => void): void {
    this.#clock.nowMs = nowMs
    this.#time
      .host(() => this.#exchange(request))
      .then(deliver)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
  }

  async close(): Promise<void> {
    await this.#time.host(() => this.#wire.close())
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #exchange(request: MockRequest): Promise<Carried> {
    this.#witness.begin()
    const leaving = new AbortController()
    const silent = new Promise<never>((_resolve, reject) => {
      this.#witness.onAnswer = ({ hang }) => {
        if (hang !== true) return
        // What is sent at all has been sent by then.
        afterTurns(4, () => {
          leaving.abort()
          reject(silence)
        })
      }
    })
    const sending = this.#wire.send(toWire(request), leaving.signal)
    // Where nobody waits for it any more.
    sending.catch(() => undefined)
    const came = await Promise.race([sending, silent]).catch((error: unknown) => ({ error }))
    const answer = asText(this.#witness.end(came))
    return new RealCarried(answer, 'error' in came ? undefined : came)
  }
}

/** Reads the server's time, which stands still while an exchange is under way, and waits for nothing. */
function clockOf(clock: { nowMs: number }, time: VirtualTime, witness: Witness): Clock {
  return {
    now: () => clock.nowMs,
    wallNow: () => time.wallEpochMs + clock.nowMs,
    setTimer: (callback, delayMs) => {
      witness.waits(delayMs)
      let isCancelled = false
      afterTurns(1, () => {
        if (!isCancelled) callback()
      })
      return () => {
        isCancelled = true
      }
    },
  }
}

class RealCarried implements Carried {
  readonly answer: MockResponse
  readonly #came: Came | undefined

  constructor(answer: MockResponse, came: Came | undefined) {
    this.answer = answer
    this.#came = came
  }

  respond(body: BodyPlan): Response {
    if (this.#came === undefined) throw new Error('no headers came')
    // What the network has made of the answer goes before what came.
    const headers = { ...this.#came.headers, ...this.answer.headers }
    return realResponse({ ...this.#came, headers }, body)
  }
}
