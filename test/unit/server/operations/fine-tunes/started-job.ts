/**
 * A mock with one job of 100 seconds, started at second 1: each thousandth of its life is 100 ms.
 */

import { expect } from 'vitest'
import { findServerProfile, MockTogether } from '../../../../../src/server/handler.ts'
import { chatModel, get, post } from '../../mock-request.ts'
import type { MockRequest, MockTogetherOptions } from '../../../../../src/server/handler.ts'

export const startMs = 1_000
export const durationMs = 100_000
const jobDurationMs = { min: durationMs, max: durationMs }

/** The body of an answer: tests know what is in it. */
export interface Json {
  readonly [name: string]: Json
}

export interface Reply {
  readonly status: number
  readonly json: Json
}

/** A string of an answer; anything else as JSON, which no test expects. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function send(mock: MockTogether, request: MockRequest, nowMs: number): Reply {
  const { status, body } = mock.handle(request, nowMs)
  return { status, json: JSON.parse(body) as Json }
}

export function createMock(options: MockTogetherOptions = {}): MockTogether {
  return new MockTogether({ jobDurationMs, ...options })
}

/** A mock without limits that answers for any id. */
export function createLenientMock(): MockTogether {
  const profile = findServerProfile('unlimited')
  if (profile === undefined) throw new Error('there is no profile "unlimited"')
  return createMock({ profile })
}

export class StartedJob {
  readonly mock: MockTogether
  readonly created: Json
  readonly id: string
  readonly path: string

  constructor(over: object = {}, mock: MockTogether = createMock()) {
    this.mock = mock
    const body = { model: chatModel, training_file: 'file-1', ...over }
    const { status, json } = send(mock, post('/v1/fine-tunes', body), startMs)
    expect(status, JSON.stringify(json)).toBe(200)
    this.created = json
    this.id = asText(json['id'])
    this.path = `/v1/fine-tunes/${this.id}`
  }

  /** What a GET below the job's path answers, `lifeMs` after the job's start. */
  ask(lifeMs: number, action = ''): Json {
    const { status, json } = this.reply(lifeMs, action)
    expect(status, JSON.stringify(json)).toBe(200)
    return json
  }

  reply(lifeMs: number, action = ''): Reply {
    return send(this.mock, get(`${this.path}${action}`), startMs + lifeMs)
  }

  cancel(lifeMs: number): Reply {
    return send(this.mock, post(`${this.path}/cancel`), startMs + lifeMs)
  }

  /** The list below `data` or `metrics`. */
  list(lifeMs: number, action: string): readonly Json[] {
    const { data, metrics } = this.ask(lifeMs, action)
    return (data ?? metrics) as unknown as readonly Json[]
  }
}
