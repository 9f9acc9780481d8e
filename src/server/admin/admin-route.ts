/**
 * What a path of the admin API is: a method, a summary, and an act on the mock.
 */

import type { LoadPromClient } from './metrics.ts'
import type { MockTogether } from '../handler.ts'
import type { MockClock } from '../mock-clock.ts'
import type { RequestTally } from './request-tally.ts'

/** What the admin API works on. @internal */
export interface AdminPlace {
  readonly mock: MockTogether
  readonly clock: MockClock
  readonly tally: RequestTally
  readonly loadPromClient: LoadPromClient
}

/** A request to the admin API. @internal */
export interface AdminRequest {
  readonly query: URLSearchParams
  readonly body: string | undefined
}

/** An answer that is not simply JSON with status 200. @internal */
export class AdminAnswer {
  readonly status: number
  readonly type: string
  readonly body: string

  constructor(status: number, type: string, body: string) {
    this.status = status
    this.type = type
    this.body = body
  }
}

/** One thing that can be asked for or done. @internal */
export interface AdminRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Behind `/__admin`. */
  readonly path: string
  readonly summary: string
  /** Returns what is answered as JSON. @throws {InvalidOptionError} Where what was sent cannot be used. */
  readonly act: (place: AdminPlace, request: AdminRequest) => unknown
}
