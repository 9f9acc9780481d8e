/** What a client gets is the same over each transport, whatever befalls its request; and what is not the same is found. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MockTogether, type FaultAction, type MockRequest } from '../../../../src/server/handler.ts'
import { Network } from '../../../../sim/world/network.ts'
import { requestFor, simulatedModels } from '../../../../sim/world/requests.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'
import { loadTransport, openTransport } from '../../../../sim/world/transports/open.ts'
import {
  transportNames,
  type Transport,
  type TransportName,
} from '../../../../sim/world/transports/transport.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

await Promise.all(transportNames.map((name) => loadTransport(name)))
const time = installVirtualTime(1)

/** What a client is told. */
interface Outcome {
  status?: number
  headers?: Record<string, string>
  text?: string
  /** Messages and codes of what was thrown, the outermost first. */
  thrown?: unknown[]
  /** When it had all this. */
  atMs: number
}

const files = [{ id: 'file-umlauts', content: 'Grüße\n' }]

async function exchange(
  name: TransportName,
  request: MockRequest,
  { faults = [], spoil }: { faults?: FaultAction[]; spoil?: (server: MockTogether) => void } = {},
): Promise<{ outcome: Outcome; trace: readonly string[] }> {
  time.reset(1)
  const server = new MockTogether({
    models: simulatedModels,
    files,
    faults: faults.map((action) => ({ do: action })),
  })
  const opening = openTransport(name, { server, time })
  await time.drain()
  const transport = await opening
  spoil?.(server)
  try {
    return await carry(transport, server, request)
  } finally {
    await closed(transport)
  }
}

async function carry(
  transport: Transport,
  server: MockTogether,
  request: MockRequest,
): Promise<{ outcome: Outcome; trace: readonly string[] }> {
  const run = new RunBuilder()
  const unknown = { arrivedAtMs: undefined, status: undefined, endedAtMs: undefined, whole: false }
  const attempt = run.attempt(run.call(), 0, { ...unknown, headersAtMs: undefined })
  const record = run.build()
  const network = new Network({ time, scenario: record.scenario, server, record, transport })
  let outcome: Outcome | undefined
  const listen = async (sending: Promise<Response>): Promise<void> => {
    outcome = await hear(sending)
  }
  void listen(network.send(request, attempt, { signal: undefined }))
  while (time.pendingTimers() > 0) await time.step()
  if (outcome === undefined) throw new Error('the client was told nothing')
  return { outcome, trace: record.trace }
}

async function hear(sending: Promise<Response>): Promise<Outcome> {
  const heard: Outcome = { atMs: 0 }
  try {
    const response = await sending
    heard.status = response.status
    heard.headers = Object.fromEntries(response.headers)
    heard.text = await response.text()
  } catch (error) {
    const cause = (error as Error).cause as { code?: unknown }
    heard.thrown = [(error as Error).message, cause.code]
  }
  heard.atMs = time.now()
  return heard
}

async function closed(transport: Transport): Promise<void> {
  const closing = transport.close()
  closing.catch(() => undefined)
  await time.drain()
  return closing
}

const authorization = 'Bearer simulated-key'
const form = {
  fields: { purpose: 'batch-api', file_name: 'lines.jsonl' },
  file: { name: 'lines.jsonl', bytes: new TextEncoder().encode('{"custom_id":"ü"}\r\n\r\n') },
}

const ways: [string, MockRequest, FaultAction[], Partial<Outcome>][] = [
  ['an answer', requestFor('chat'), [], { status: 200, atMs: 200 }],
  [
    'a refusal with hints',
    requestFor('chat'),
    [{ kind: 'status', status: 429, hints: [{ header: 'retry-after', delayMs: 2_500 }] }],
    { status: 429, atMs: 151 },
  ],
  [
    'a hint that is nonsense',
    requestFor('chat'),
    [{ kind: 'status', status: 503, nonsense: 'any' }],
    { status: 503 },
  ],
  ['a slow answer', requestFor('chat'), [{ kind: 'delay', delayMs: 700 }], { atMs: 900 }],
  [
    'a connection that dies before the server acts',
    requestFor('chat'),
    [{ kind: 'drop', when: 'before' }],
    { thrown: ['fetch failed', 'ECONNRESET'], atMs: 100 },
  ],
  [
    'a connection that is reset after it acted',
    requestFor('chat'),
    [{ kind: 'drop', when: 'after', reset: true }],
    { thrown: ['fetch failed', 'UND_ERR_SOCKET'], atMs: 100 },
  ],
  [
    'an answer that never comes',
    requestFor('chat'),
    [{ kind: 'delay', delayMs: 10 }, { kind: 'hang' }],
    { thrown: ['fetch failed', 'UND_ERR_HEADERS_TIMEOUT'], atMs: 60_000 },
  ],
  [
    'a body that breaks off',
    requestFor('chat'),
    [{ kind: 'truncate' }],
    { status: 200, thrown: ['terminated', 'UND_ERR_SOCKET'], atMs: 200 },
  ],
  [
    'a body that is reset',
    requestFor('chat'),
    [{ kind: 'truncate', reset: true }],
    { status: 200, thrown: ['terminated', 'UND_ERR_SOCKET'] },
  ],
  ['a body that is none', requestFor('chat'), [{ kind: 'malformed', form: 'empty' }], { text: '' }],
  [
    'a file that is uploaded',
    { method: 'POST', path: '/v1/files/upload', headers: { authorization }, form },
    [],
    { status: 200 },
  ],
  [
    'an upload that is sent elsewhere',
    {
      method: 'POST',
      path: '/v1/files',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'purpose=batch-api&file_name=lines.jsonl&file_type=jsonl',
    },
    [],
    { status: 302, text: '' },
  ],
  [
    'the content of a file',
    { method: 'GET', path: '/v1/files/file-umlauts/content', headers: { authorization } },
    [],
    { status: 200, text: 'Grüße\n' },
  ],
  [
    'a fault that the request asks for',
    { ...requestFor('chat'), headers: { authorization, 'x-mock-fault': '422' } },
    [],
    { status: 422 },
  ],
]

/** What is of a connection and not of an answer. */
const ofConnection = ['connection', 'content-length', 'keep-alive', 'transfer-encoding']

describe.each(ways)('%s', (_way, request, faults, expected) => {
  it('is the same over each transport', async () => {
    const direct = await exchange('direct', request, { faults })
    expect(direct.outcome).toMatchObject(expected)
    for (const name of ['inject', 'loopback'] as const) {
      const { outcome, trace } = await exchange(name, request, { faults })
      for (const header of ofConnection) delete outcome.headers?.[header]
      // Where it is sent to names the host that was asked, which a handler without a socket does not know.
      if (outcome.headers?.['location'] !== undefined) {
        outcome.headers['location'] = direct.outcome.headers?.['location'] ?? ''
      }
      expect({ name, ...outcome }).toEqual({ name, ...direct.outcome })
      expect(trace).toEqual(direct.trace)
    }
  })
})

describe('an app that does not deliver what the handler says', () => {
  const http = transportNames.filter((name) => name !== 'direct')
  type Handle = MockTogether['handle']
  const spoiling =
    (change: (answer: ReturnType<Handle>) => ReturnType<Handle>) =>
    (server: MockTogether): void => {
      const handle = server.handle.bind(server)
      server.handle = (request, nowMs) => change(handle(request, nowMs))
    }

  const defects: [string, Parameters<typeof spoiling>[0], string][] = [
    ['another status', (answer) => ({ ...answer, status: 201 }), 'status 201 came'],
    [
      'another header',
      (answer) => ({ ...answer, headers: { ...answer.headers, 'x-request-id': 'other' } }),
      'header x-request-id: other in place of req-1',
    ],
    [
      'one header more',
      (answer) => ({ ...answer, headers: { ...answer.headers, server: 'app' } }),
      'header server: app was added',
    ],
    ['another body', (answer) => ({ ...answer, body: `${answer.body} ` }), 'bytes in place of'],
    [
      'half a body',
      (answer) => ({ ...answer, delivery: { ...answer.delivery, truncate: true } }),
      'the body broke off',
    ],
    [
      'nothing',
      (answer) => ({ ...answer, delivery: { ...answer.delivery, drop: 'after' } }),
      'no headers came',
    ],
    [
      'a wait of its own',
      (answer) => ({ ...answer, delivery: { ...answer.delivery, delayMs: 5 } }),
      'it waits 5 ms',
    ],
  ]

  it.each(http.flatMap((name) => defects.map((defect) => [name, ...defect] as const)))(
    'is found over %s by %s',
    async (name, _what, change, message) => {
      const found = exchange(name, requestFor('chat'), { spoil: spoiling(change) })
      await expect(found).rejects.toThrow(message)
    },
  )
})

describe('the globals', () => {
  const names = ['setTimeout', 'setImmediate', 'clearTimeout'] as const
  let before: unknown[]
  beforeEach(() => {
    before = [...names.map((name) => globalThis[name]), Math.random]
  })
  afterEach(() => {
    expect([...names.map((name) => globalThis[name]), Math.random]).toEqual(before)
  })

  it.each(transportNames)('are the subject’s again after an exchange over %s', async (name) => {
    await exchange(name, requestFor('chat'))
    expect(time.pendingTimers()).toBe(0)
  })
})
