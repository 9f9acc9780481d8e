/** The production app listening on 127.0.0.1, asked by the platform's own `fetch`. */
import type { Clock } from '../../../src/core/clock.ts'
import { createMockApp } from '../../../src/server/http/app.ts'
import type { MockTogether } from '../../../src/server/handler.ts'
import { afterTurns } from './host-turns.ts'
import type { Came, Wire, WireRequest } from './wire.ts'

/** Kept through all of a run: a connection that the server gives up may be one that a request is just sent on. */
const keepAliveMs = 600_000

/** After an answer `fetch` gets its connection ready for the next request, with timers that are the host's. */
const idleTurns = 3

export async function openLoopback(server: MockTogether, clock: Clock): Promise<Wire> {
  const app = createMockApp(server, { clock })
  app.server.keepAliveTimeout = keepAliveMs
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    send: async ({ method, path, headers, body }: WireRequest, signal): Promise<Came> => {
      const response = await fetch(url + path, {
        method,
        headers,
        signal,
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      })
      const { bytes, failure } = await readBody(response)
      await new Promise<void>((resolve) => afterTurns(idleTurns, resolve))
      return { status: response.status, headers: Object.fromEntries(response.headers), bytes, failure }
    },
    close: () => app.close(),
  }
}

async function readBody(response: Response): Promise<Pick<Came, 'bytes' | 'failure'>> {
  const chunks: Uint8Array[] = []
  let failure: unknown
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
  } catch (error) {
    failure = error
  }
  return { bytes: Uint8Array.from(Buffer.concat(chunks)), failure }
}
