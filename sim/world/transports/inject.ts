/** The production app without a socket: fastify's own way of injecting requests. */
import type { Readable } from 'node:stream'
import type { Clock } from '../../../src/core/clock.ts'
// oxlint-disable-next-line no-restricted-imports -- the app is what is carried to here, and not what decides.
import { createMockApp } from '../../../src/server/http/app.ts'
import type { MockTogether } from '../../../src/server/handler.ts'
import type { Came, Wire, WireRequest } from './wire.ts'

export async function openInject(server: MockTogether, clock: Clock): Promise<Wire> {
  const app = createMockApp(server, { clock })
  await app.ready()
  return {
    send: async ({ method, path, headers, body }: WireRequest): Promise<Came> => {
      const answer = await app.inject({
        method: method as 'GET',
        url: path,
        headers: { ...headers },
        ...(body === undefined ? {} : { payload: Buffer.from(body) }),
        // Headers are here before the body is: a body that breaks off has some.
        payloadAsStream: true,
      })
      const { bytes, failure } = await readStream(answer.stream())
      return { status: answer.statusCode, headers: textsOf(answer.headers), bytes, failure }
    },
    close: () => app.close(),
  }
}

function textsOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function readStream(stream: Readable): Promise<Pick<Came, 'bytes' | 'failure'>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const end = (failure: unknown): void => {
      resolve({ bytes: Uint8Array.from(Buffer.concat(chunks)), failure })
    }
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', () => end(undefined))
    stream.once('error', () => end(brokenOff()))
  })
}

/** What `fetch` fails with where a connection dies under a body. */
function brokenOff(): TypeError {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  return new TypeError('terminated', { cause })
}
