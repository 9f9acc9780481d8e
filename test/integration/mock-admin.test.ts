/**
 * The mock as it is looked at and changed while it runs: by the library, by the admin API, by the command line's flags.
 */

import { get as httpGet } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createMockTogether,
  findServerProfile,
  type MockServerOptions,
  type RunningMock,
} from '../../src/server/index.ts'
import { readMetrics } from '../helpers/read-metrics.ts'
import { readUrl, runMockCli, type MockCli } from '../helpers/run-mock-cli.ts'

const headers = { authorization: 'Bearer My API Key' }

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start(options: MockServerOptions = {}): Promise<RunningMock> {
  const mock = await createMockTogether(options)
  cleanups.push(() => mock.close())
  return mock
}

function runCli(...args: string[]): MockCli {
  const cli = runMockCli(args)
  cleanups.push(() => void cli.child.kill('SIGKILL'))
  return cli
}

describe('a running mock', () => {
  it('is controlled as it runs', async () => {
    const mock = await start({ faults: [{ id: 'a', do: { kind: 'delay', delayMs: 60_000 } }] })
    expect(mock.faults()).toMatchObject([{ id: 'a' }])
    mock.clock.pause()
    const pending = fetch(`${mock.url}/v1/models`, { headers })
    await expect.poll(() => mock.state().totals.requests).toBe(1)
    const heldAtMs = mock.clock.nowMs()
    mock.clock.advance(60_000)
    expect((await pending).status).toBe(200)
    expect(mock.clock.nowMs()).toBe(heldAtMs + 60_000)
    mock.clock.resume()
    expect(mock.clock.isPaused).toBe(false)
    mock.setProfile(findServerProfile('unlimited') ?? mock.profile)
    mock.setFaults([])
    expect([mock.profile.name, mock.state().profile]).toEqual(['unlimited', 'unlimited'])
    mock.clearJournal()
    expect(mock.journal()).toEqual([])
    mock.reset()
    expect([mock.profile.name, mock.faults().length]).toEqual(['documented', 1])
    expect(mock.state().totals.requests).toBe(0)
  })
})

describe('the admin API', () => {
  it('is there on a loopback interface, for requests to a loopback name', async () => {
    const { port, adminUrl } = await start()
    expect(adminUrl).toBe(`http://127.0.0.1:${port}/__admin`)
    expect((await fetch(`${adminUrl}/state`)).status).toBe(200)
    expect(await statusFor(port, `localhost:${port}`)).toBe(200)
    expect(await statusFor(port, `evil.example:${port}`)).toBe(403)
  })

  it('is not there where other machines are, unless it is asked for', async () => {
    const open = await start({ host: '0.0.0.0' })
    expect(open.adminUrl).toBeUndefined()
    expect((await fetch(`http://127.0.0.1:${open.port}/__admin/state`)).status).toBe(404)
    expect(open.journal()).toMatchObject([{ path: '/__admin/state', status: 404 }])
    const asked = await start({ host: '0.0.0.0', admin: true })
    expect((await fetch(`http://127.0.0.1:${asked.port}/__admin/state`)).status).toBe(200)
    expect(await statusFor(asked.port, `mock.example:${asked.port}`)).toBe(200)
    expect(asked.journal()).toEqual([])
  })

  it('is not there where it is switched off', async () => {
    const { url, adminUrl } = await start({ admin: false })
    expect(adminUrl).toBeUndefined()
    expect((await fetch(`${url}/__admin`)).status).toBe(404)
    await expect(start({ admin: 'no' as unknown as boolean })).rejects.toThrow('option admin')
  })

  it('has metrics that can be read', async () => {
    const { url, adminUrl } = await start()
    await fetch(`${url}/v1/models`, { headers })
    const response = await fetch(`${adminUrl}/metrics`)
    expect(response.headers.get('content-type')).toContain('text/plain')
    const metrics = readMetrics(await response.text())
    expect(metrics.get('mock_together_requests_total{endpoint="models",status="200"}')).toBe(1)
  })
})

describe('npm run mock', () => {
  it('lets in only the keys it is given, prints none of them, and no requests where it is quiet', async () => {
    const keys = ['--api-key', 'sk-open', '--api-key', 'sk-secret']
    const cli = runCli('--port', '0', '--quiet', '--counts-refused', ...keys)
    const url = await readUrl(cli)
    await expect.poll(cli.output).toContain(`admin API on ${url}/__admin\n`)
    const send = async (key: string): Promise<number> =>
      (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status
    expect(await Promise.all(['sk-open', 'sk-secret', 'other'].map(send))).toEqual([200, 200, 401])
    const state = await fetch(`${url}/__admin/state`)
    expect(await state.json()).toMatchObject({ countsRefused: true, totals: { requests: 3 } })
    cli.child.kill('SIGTERM')
    expect(await cli.exit).toBe(0)
    expect(cli.output()).not.toContain('sk-')
    expect(cli.output()).not.toContain('refused')
  })

  it('serves no admin API where it is told so, and says nothing of it', async () => {
    const cli = runCli('--port', '0', '--no-admin', '--journal-length', '0')
    const url = await readUrl(cli)
    expect((await fetch(`${url}/__admin`)).status).toBe(404)
    await expect.poll(cli.output).toContain('/__admin  no key')
    expect(cli.output()).not.toContain('admin API')
  })
})

/** The status that the admin API answers to a request that names the host so. `fetch` lets nobody choose the name. */
function statusFor(port: number, host: string): Promise<number | undefined> {
  const options = { port, host: '127.0.0.1', path: '/__admin/clock', headers: { host } }
  return new Promise((resolve, reject) => {
    const request = httpGet(options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
  })
}
