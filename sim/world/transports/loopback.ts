/** The production app listening on 127.0.0.1, asked by the platform's own `fetch`. */
import type { Clock } from '../../../src/core/clock.ts'
// oxlint-disable-next-line no-restricted-imports -- the app is what is carried to here, and not what decides.
import { createMockApp } from '../../../src/server/http/app.ts'
import type { MockTogether } from '../../../src/server/handler.ts'
import { afterTurns } from './host-turns.ts'
import type { Came, Wire, WireRequest } from './wire.ts'

/** Kept through all of a run: a connection that the server gives up may be one that a request is just sent on. */
const keepAliveMs = 600_000

/** After an exchange `fetch` gets its connection ready for the next one, or lets go of it, with timers that are the host's. */
const idleTurns = 3
/** Until the ends of all connections have heard that they are closed. */
const closingTurns = 10

export async function openLoopback(server: MockTogether, clock: Clock): Promise<Wire> {
  const app = createMockApp(server, { clock })
  app.server.keepAliveTimeout = keepAliveMs
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    send: async (request, signal) => {
      try {
        return await exchange(url, request, signal)
      } finally {
        await turns(idleTurns)
      }
    },
    close: async () => {
      await app.close()
      await turns(closingTurns)
    },
  }
}

async function exchange(
  url: string,
  { method, path, headers, body }: WireRequest,
  signal: AbortSignal,
): Promise<Came> {
  const response = await fetch(url + path, {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  })
  const { bytes, failure } = await readBody(response)
  const { status } = response
  return { status, headers: Object.fromEntries(response.headers), bytes, failure }
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

function turns(count: number): Promise<void> {
  return new Promise((resolve) => afterTurns(count, resolve))
}
