/**
 * How a request gets from the network to the mock server, and how the client's answer is made of what comes back.
 *
 * All of it happens in the instant in which the request arrives: what takes time, the network adds. So a transport
 * decides nothing that a trace could show, and the same seed gives the same trace over each of them.
 */
import type { MockRequest, MockResponse, MockTogether } from '../../../src/server/handler.ts'
import type { BodyEvents } from '../light-response.ts'
import type { VirtualTime } from '../time.ts'

/** The handler called directly; the fastify app by `inject`; the app listening on 127.0.0.1, asked by the global `fetch`. */
export const transportNames = ['direct', 'inject', 'loopback'] as const

export type TransportName = (typeof transportNames)[number]

export interface Transport {
  /**
   * Takes a request to the server.
   *
   * @param nowMs - The server's time.
   * @param deliver - Told of the answer, once, before time goes on.
   */
  carry(request: MockRequest, nowMs: number, deliver: (carried: Carried) => void): void
  /**
   * Ends the transport.
   *
   * @throws {Error} Where a request was carried wrongly: what the client got is not what the handler said.
   */
  close(): Promise<void>
}

/** A request was handled, and this is what came of it. */
export interface Carried {
  /** As the handler gave it; text, whatever it was. Its headers may be changed until `respond` is called. */
  readonly answer: MockResponse
  /** What the client gets. */
  respond(body: BodyPlan): Response
}

/** How the body reaches the client. */
export interface BodyPlan {
  /** Resolves when the body's last byte is here; undefined where it came with the headers. */
  readonly arrived: Promise<void> | undefined
  readonly events: BodyEvents
}

/** What a transport is opened with. */
export interface TransportParts {
  readonly server: MockTogether
  readonly time: VirtualTime
}
