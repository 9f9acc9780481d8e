/**
 * The mock over `inject` with its admin API, and a clock that a test moves.
 */

import { createMockApp } from '../../../../src/server/http/app.ts'
import { registerAdmin, type AdminOptions } from '../../../../src/server/admin/register-admin.ts'
import { MockClock } from '../../../../src/server/mock-clock.ts'
import { MockTogether, type MockTogetherOptions } from '../../../../src/server/index.ts'
import { VirtualClock } from '../../../helpers/virtual-clock.ts'
import type { FastifyInstance, InjectOptions } from 'fastify'

/** An answer. @internal */
export interface SeenAnswer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
  /** The text, parsed when it is asked for: not every answer is JSON. */
  readonly json: ReturnType<typeof JSON.parse>
}

/** What a test works with. @internal */
export interface AdminApp {
  readonly app: FastifyInstance
  readonly mock: MockTogether
  readonly base: VirtualClock
  readonly clock: MockClock
  /** Sends `METHOD /path`, with a body where there is one, as JSON unless it is a string. */
  readonly send: (
    line: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<SeenAnswer>
}

/** The key that tests use unless they name another. @internal */
export const key = 'tgp_v1_0123456789abcdef'

/** @internal */
export function openAdmin(
  options: MockTogetherOptions = {},
  admin: Partial<AdminOptions> = {},
): AdminApp {
  const base = new VirtualClock({ startMs: 7 })
  const clock = new MockClock(base)
  const mock = new MockTogether(options)
  const app = createMockApp(mock, { clock })
  registerAdmin(app, { mock, clock, access: 'loopback', ...admin })
  const send: AdminApp['send'] = async (line, body, headers = {}) => {
    const [method, url = ''] = line.split(' ')
    const request: InjectOptions = { method: method as 'GET', url, headers }
    if (body !== undefined) request.payload = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await app.inject(request)
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.payload,
      get json() {
        return answer.json()
      },
    }
  }
  return { app, mock, base, clock, send }
}

/** Sends a request of the API itself. @internal */
export function sendImage(
  { send }: AdminApp,
  headers: Record<string, string> = {},
): Promise<SeenAnswer> {
  const body = { model: 'black-forest-labs/FLUX.1-schnell', prompt: 'grey' }
  const authorization = `Bearer ${key}`
  return send('POST /v1/images/generations', body, { authorization, ...headers })
}
