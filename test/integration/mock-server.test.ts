/**
 * The mock over real sockets: the library, and the command line in a process of its own.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createMockTogether,
  type MockServerOptions,
  type RunningMock,
} from '../../src/server/index.ts'
import { readUrl, runMockCli, type MockCli } from '../helpers/run-mock-cli.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const chatBody = {
  model: 'Qwen/Qwen2.5-7B-Instruct-Turbo',
  messages: [{ role: 'user', content: 'Say nothing.' }],
}
const imageBody = { model: 'black-forest-labs/FLUX.1-schnell', prompt: 'grey' }
const fineTuneBody = { model: chatBody.model, training_file: 'file-1' }
const batchBody = { endpoint: '/v1/chat/completions', input_file_id: 'file-1' }
const files = [{ id: 'file-1', content: '{"custom_id":"a","body":{}}' }]
const headers = { authorization: 'Bearer My API Key', 'content-type': 'application/json' }

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start(options: MockServerOptions = {}): Promise<RunningMock> {
  const mock = await createMockTogether(options)
  cleanups.push(() => mock.close())
  return mock
}

function get(url: string): Promise<Response> {
  return fetch(url, { headers })
}

function post(url: string, body: unknown = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), ...init })
}

/** The code of the network error behind a `TypeError` of fetch, or what else came. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    return cause?.code ?? error
  }
}

describe('createMockTogether', () => {
  it('answers on every endpoint', async () => {
    const { url } = await start({ files })
    const created: [string, unknown, number][] = [
      ['/v1/chat/completions', chatBody, 200],
      ['/v1/embeddings', { model: 'BAAI/bge-base-en-v1.5', input: ['a', 'b'] }, 200],
      ['/v1/images/generations', imageBody, 200],
      ['/v1/fine-tunes', fineTuneBody, 200],
      ['/v1/batches', batchBody, 201],
    ]
    const answers: Record<string, { id?: string; job?: { id: string } }> = {}
    for (const [path, body, status] of created) {
      const response = await post(url + path, body)
      expect([path, response.status]).toEqual([path, status])
      expect(response.headers.get('x-request-id')).toMatch(/^req-/)
      answers[path] = (await response.json()) as { id?: string; job?: { id: string } }
    }
    const fineTune = `/v1/fine-tunes/${answers['/v1/fine-tunes']?.id}`
    const batch = `/v1/batches/${answers['/v1/batches']?.job?.id}`
    for (const path of ['/v1/models', '/v1/fine-tunes', '/v1/batches', fineTune, batch]) {
      expect([path, (await get(url + path)).status]).toEqual([path, 200])
    }
    expect(await (await post(`${url}${fineTune}/cancel`)).json()).toMatchObject({
      status: 'cancelled',
    })
    expect(await (await post(`${url}${batch}/cancel`)).json()).toMatchObject({
      status: 'CANCELLED',
    })
  })

  it.each([
    ['what is no HTTP', 'nonsense\r\n\r\n', 400],
    ['headers without an end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ])('answers %s in the form of errors', async (_name, text, status) => {
    const { port } = await start()
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(text))
      let received = ''
      socket.setEncoding('utf8').on('data', (part) => {
        received += part
      })
      socket.on('close', () => resolve(received)).on('error', reject)
    })
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const body: unknown = JSON.parse(answer.split('\r\n\r\n')[1] ?? '')
    expect(body).toMatchObject({ error: { type: 'invalid_request_error', param: null } })
  })

  it('takes a cancel without a body', async () => {
    const { url } = await start()
    const { id } = (await (await post(`${url}/v1/fine-tunes`, fineTuneBody)).json()) as {
      id: string
    }
    const cancel = { method: 'POST', headers: { authorization: headers.authorization } }
    expect((await fetch(`${url}/v1/fine-tunes/${id}/cancel`, cancel)).status).toBe(200)
  })

  it('refuses above the limit, over HTTP as it would directly', async () => {
    const mock = await start({ enforcement: { kind: 'sliding-log' } })
    const sendImage = async (): Promise<Response> =>
      post(`${mock.url}/v1/images/generations`, imageBody)
    const responses = await Promise.all(Array.from({ length: 61 }, sendImage))
    const refused = responses.filter(({ status }) => status === 429)
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(60)
    expect(refused).toHaveLength(1)
    expect(refused[0]?.headers.get('retry-after')).toBe('60')
    expect(Number(refused[0]?.headers.get('x-ratelimit-reset'))).toBeGreaterThan(30)
    expect(mock.journal().filter(({ refusedBy }) => refusedBy === 'images')).toHaveLength(1)
  })

  it('tells the time of its clock', async () => {
    const { url } = await start()
    const date = (await get(`${url}/v1/models`)).headers.get('date')
    expect(Math.abs(Date.parse(date ?? '') - Date.now())).toBeLessThan(5_000)
  })

  it.each(['before', 'after'] as const)('drops the connection %s acting', async (when) => {
    const mock = await start({ faults: [{ match: { nth: 1 }, do: { kind: 'drop', when } }] })
    expect(await codeOf(post(`${mock.url}/v1/images/generations`, imageBody))).toBe(
      'UND_ERR_SOCKET',
    )
    const next = await post(`${mock.url}/v1/images/generations`, imageBody)
    expect(next.headers.get('x-ratelimit-remaining')).toBe(when === 'before' ? '59' : '58')
  })

  it('cuts a body in half', async () => {
    const { url } = await start({ faults: [{ do: { kind: 'truncate' } }] })
    const response = await get(`${url}/v1/models`)
    expect(response.status).toBe(200)
    const announced = Number(response.headers.get('content-length'))
    const received: Uint8Array[] = []
    const drained = (async () => {
      for await (const chunk of response.body ?? []) received.push(chunk)
    })()
    expect(await codeOf(drained)).toBe('UND_ERR_SOCKET')
    expect(Buffer.concat(received).length).toBe(announced >> 1)
  })

  it('resets a connection rather than closing it, where told to', async () => {
    const { url } = await start()
    const fault = (name: string): Promise<unknown> =>
      codeOf(fetch(`${url}/v1/models`, { headers: { ...headers, 'x-mock-fault': name } }))
    expect(await fault('reset')).toBe('ECONNRESET')
    expect(await fault('drop')).toBe('UND_ERR_SOCKET')
  })

  it('sends a stream', async () => {
    const { url } = await start()
    const response = await post(`${url}/v1/chat/completions`, { ...chatBody, stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream;charset=utf-8')
    const text = await response.text()
    expect(text.startsWith('data: {"id":"chat-')).toBe(true)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('cuts a stream after so many parts', async () => {
    const { url } = await start({ faults: [{ do: { kind: 'cut-stream', afterParts: 2 } }] })
    const response = await post(`${url}/v1/chat/completions`, { ...chatBody, stream: true })
    let text = ''
    const drained = (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk)
    })()
    expect(await codeOf(drained)).toBe('UND_ERR_SOCKET')
    expect(text.match(/data: /g)).toHaveLength(2)
  })

  it('never answers a request that hangs, and ends it when it is closed', async () => {
    const mock = await start({ faults: [{ do: { kind: 'hang' } }] })
    let isSettled = false
    const pending = codeOf(post(`${mock.url}/v1/images/generations`, imageBody)).finally(() => {
      isSettled = true
    })
    await expect.poll(() => mock.journal().length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isSettled).toBe(false)
    expect(mock.journal()[0]).toMatchObject({ status: 200, counted: true })
    await mock.close()
    expect(await pending).toBe('UND_ERR_SOCKET')
  })

  it('answers late where told to', async () => {
    const mock = await start({ faults: [{ do: { kind: 'delay', delayMs: 150 } }] })
    const startMs = performance.now()
    expect((await get(`${mock.url}/v1/models`)).status).toBe(200)
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(149)
  })

  it('forgets the answer to a client that left', async () => {
    const clock = new VirtualClock()
    const { url } = await start({ clock, faults: [{ do: { kind: 'delay', delayMs: 5_000 } }] })
    const controller = new AbortController()
    const left = post(`${url}/v1/images/generations`, imageBody, { signal: controller.signal })
    left.catch(() => undefined)
    await expect.poll(() => clock.timerCount).toBe(1)
    controller.abort()
    await expect(left).rejects.toThrow('aborted')
    await expect.poll(() => clock.timerCount).toBe(0)
  })

  it('closes at once although answers are due', async () => {
    const mock = await start({ faults: [{ do: { kind: 'delay', delayMs: 3_600_000 } }] })
    const pending = codeOf(get(`${mock.url}/v1/models`))
    await expect.poll(() => mock.journal().length).toBe(1)
    await mock.close()
    expect(await pending).toBe('UND_ERR_SOCKET')
    expect(await codeOf(get(`${mock.url}/v1/models`))).toBe('ECONNREFUSED')
  })

  it('fails where the port is taken', async () => {
    const { port } = await start()
    await expect(createMockTogether({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

function runCli(...args: string[]): MockCli {
  const cli = runMockCli(args)
  cleanups.push(() => void cli.child.kill('SIGKILL'))
  return cli
}

describe('npm run mock', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'serves, prints why it refuses, and ends cleanly on %s',
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'mock-'))
      cleanups.push(() => rmSync(directory, { recursive: true }))
      const file = join(directory, 'plan.json')
      const rule = {
        id: 'overload',
        match: { endpoint: 'chat' },
        do: { kind: 'status', status: 503 },
      }
      writeFileSync(
        file,
        JSON.stringify([rule, { match: { endpoint: 'models' }, do: { kind: 'hang' } }]),
      )
      const cli = runCli('--port', '0', '--enforcement', 'sliding-log', '--faults', file)
      const url = await readUrl(cli)
      for (let index = 0; index < 60; index += 1) {
        expect((await post(`${url}/v1/images/generations`, imageBody)).status).toBe(200)
      }
      expect((await post(`${url}/v1/images/generations`, imageBody)).status).toBe(429)
      expect((await post(`${url}/v1/chat/completions`, chatBody)).status).toBe(503)
      const hanging = codeOf(get(`${url}/v1/models`))
      await expect.poll(cli.output).toMatch(/429 .* refused by limit images, frees in \d+\.\d+ s/)
      await expect.poll(cli.output).toMatch(/503 .* fault overload/)
      await expect.poll(cli.output).toContain('fault fault-2')
      expect(cli.output()).not.toContain('My API Key')
      expect(cli.output().trim().split('\n')).toHaveLength(5)
      cli.child.kill(signal)
      expect(await cli.exit).toBe(0)
      expect(await hanging).toBe('UND_ERR_SOCKET')
    },
  )

  it('serves a profile of its own, and one from a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mock-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'profile.json')
    const limit = { id: 'few', endpoints: ['images'], requestsMax: 2, windowMs: 60_000 }
    writeFileSync(
      file,
      JSON.stringify({ name: 'mine', rateLimits: [limit], concurrencyLimits: [] }),
    )
    const named = runCli('--port', '0', '--profile', 'unlimited')
    const own = runCli('--port', '0', '--profile', file)
    const sendImages = async (url: string): Promise<number[]> => {
      const statuses: number[] = []
      for (let sent = 0; sent < 3; sent += 1) {
        statuses.push((await post(`${url}/v1/images/generations`, imageBody)).status)
      }
      return statuses
    }
    expect(await sendImages(await readUrl(named))).toEqual([200, 200, 200])
    expect(await sendImages(await readUrl(own))).toEqual([200, 200, 429])
    expect((await post(`${await readUrl(named)}/v1/rerank`, {})).status).toBe(400)
  })

  it('takes its time as a model says, by name or from a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mock-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'latency.json')
    writeFileSync(file, '{ "byEndpoint": { "images": { "timeToFirstTokenMs": 120 } } }')
    const url = await readUrl(runCli('--port', '0', '--latency', file))
    const startMs = performance.now()
    expect((await post(`${url}/v1/images/generations`, imageBody)).status).toBe(200)
    expect(performance.now() - startMs).toBeGreaterThan(119)
    const named = await readUrl(runCli('--port', '0', '--latency', 'typical'))
    expect((await get(`${named}/v1/models`)).status).toBe(200)
  })

  it('explains itself', async () => {
    const cli = runCli('--help')
    expect(await cli.exit).toBe(0)
    expect(cli.output()).toContain('--phase-ms')
  })

  it('exits 2 for an unknown flag and a wrong fault plan, naming it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mock-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'plan.json')
    writeFileSync(file, '[{ "do": { "kind": "status", "status": 99 } }]')
    const clis = [
      runCli('--prot', '1'),
      runCli('--faults', file),
      runCli('--faults', `${file}.none`),
      runCli('--profile', 'tier-9'),
      runCli('--profile', file),
      runCli('--latency', 'slow'),
      runCli('--latency', file),
    ]
    expect(await Promise.all(clis.map(({ exit }) => exit))).toEqual([2, 2, 2, 2, 2, 2, 2])
    expect(clis[0]?.output()).toContain('--prot')
    expect(clis[1]?.output()).toContain('faults[0].do.status')
    expect(clis[2]?.output()).toContain('ENOENT')
    expect(clis[3]?.output()).toMatch(/--profile: expected a file, or one of documented, .*tier-9/)
    expect(clis[4]?.output()).toContain('option profile: expected an object')
    expect(clis[5]?.output()).toMatch(/--latency: expected a file, or one of none, typical.*slow/)
    expect(clis[6]?.output()).toContain('option latency: expected an object')
  })

  it('exits 1 where the port is taken', async () => {
    const { port } = await start()
    const cli = runCli('--port', String(port))
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('EADDRINUSE')
  })
})
