import { afterEach, describe, expect, it } from 'vitest'
import {
  serverProfiles,
  type JournalEntry,
  type MockTogetherOptions,
  type ServerProfile,
} from '../../../../src/server/index.ts'
import { adminRoutes } from '../../../../src/server/admin/routes.ts'
import type { AdminRoute } from '../../../../src/server/admin/admin-route.ts'
import { key, openAdmin, sendImage, type AdminApp } from './admin-app.ts'

let opened: AdminApp

afterEach(() => opened.app.close())

function open(options: MockTogetherOptions = {}): AdminApp {
  opened = openAdmin(options)
  return opened
}

const fewImages: ServerProfile = {
  name: 'few',
  rateLimits: [{ id: 'few', endpoints: ['images'], requestsMax: 1, windowMs: 60_000 }],
  concurrencyLimits: [],
}

describe('the admin API', () => {
  it.each(['/__admin', '/__admin/', '/__admin?x=1'])('lists itself at %s', async (path) => {
    const { status, headers, json } = await open().send(`GET ${path}`)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    const names = json.paths.map((one: AdminRoute) => `${one.method} ${one.path} ${one.summary}`)
    expect(names).toEqual(
      adminRoutes.map(({ method, path: at, summary }) => `${method} /__admin${at} ${summary}`),
    )
  })

  it('needs no key, draws on no limit and stays out of the journal', async () => {
    const { send, mock } = open({ apiKeys: ['only-this-one'] })
    for (const { method, path } of adminRoutes) {
      expect((await send(`${method} /__admin${path}`, '[]')).status).toBeLessThan(500)
    }
    expect(mock.journal()).toEqual([])
    expect(mock.state(0).totals.requests).toBe(0)
  })

  it.each([
    '/__admin/none',
    '/__admin/state/x',
    '/__admin//state',
    '/__admin/%zz',
    '/%5F_admin/state',
  ])('answers 404 at %s with what there is', async (path) => {
    const { status, json } = await open().send(`GET ${path}`)
    expect(status).toBe(path === '/__admin/%zz' ? 400 : 404)
    if (status === 404) expect(json.paths).toHaveLength(adminRoutes.length)
    expect(json.error.message).toBeTypeOf('string')
  })

  it.each([
    ['POST /__admin', 'GET, HEAD'],
    ['POST /__admin/state', 'GET, HEAD'],
    ['PATCH /__admin/journal', 'GET, HEAD, DELETE'],
    ['GET /__admin/reset', 'POST'],
    ['POST /__admin/faults', 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS /__admin/profile', 'GET, HEAD, PUT'],
    ['GET /__admin/clock/advance', 'POST'],
    ['PROPFIND /__admin/state', 'GET, HEAD'],
  ])('answers 405 to %s with what the path takes', async (line, allow) => {
    const { status, headers, json } = await open().send(line)
    expect([status, headers['allow']]).toEqual([405, allow])
    expect(json.error.message).toContain(allow)
  })

  it('answers HEAD as GET without the body', async () => {
    const { status, text } = await open().send('HEAD /__admin/state')
    expect([status, text]).toEqual([200, ''])
  })

  it('leaves the paths of the API to the mock', async () => {
    const { send } = open()
    expect((await send('GET /v1/models')).status).toBe(401)
    expect((await send('GET /__administration')).json).not.toHaveProperty('paths')
    expect((await sendImage(opened)).status).toBe(200)
  })

  it.each([
    ['host', { host: 'evil.example' }],
    ['origin', { origin: 'http://evil.example' }],
    ['origin', { 'sec-fetch-site': 'cross-site' }],
  ])('turns web pages away by their %s: %j', async (_name, headers) => {
    const { send, mock } = open({ faults: [{ do: { kind: 'hang' } }] })
    for (const line of ['GET /__admin/state', 'DELETE /__admin/faults', 'POST /__admin/none']) {
      expect((await send(line, undefined, headers as Record<string, string>)).status).toBe(403)
    }
    expect(mock.faults()).toHaveLength(1)
  })

  it('takes a body of a megabyte and no more', async () => {
    const { send } = open()
    expect((await send('PUT /__admin/faults', `[${' '.repeat(1_048_574)}]`)).status).toBe(200)
    expect((await send('PUT /__admin/faults', `[${' '.repeat(1_048_575)}]`)).status).toBe(413)
  })
})

describe('GET /__admin/state', () => {
  it('tells time, profile, counters, jobs, faults and totals', async () => {
    const { send, base } = open({ faults: [{ id: 'slow', do: { kind: 'delay', delayMs: 0 } }] })
    base.advance(1_000)
    await sendImage(opened)
    const { json } = await send('GET /__admin/state')
    expect(json).toMatchObject({
      nowMs: 1_000,
      isoTime: '2026-01-01T00:00:01Z',
      isPaused: false,
      profile: 'documented',
      enforcement: { kind: 'fixed-window', phaseMs: 0 },
      limits: [{ limit: 'images', key: '…cdef', used: 1, max: 60, freesAtMs: 1_000 }],
      jobs: { 'fine-tunes': { running: 0 } },
      faults: [{ id: 'slow' }],
      journalLength: 1,
      totals: { requests: 1, faulted: 1 },
    })
  })
})

describe('/__admin/journal', () => {
  it('says where a request was counted, what refused it, which fault it met and when it frees', async () => {
    const { send } = open({ profile: fewImages })
    await sendImage(opened)
    await sendImage(opened)
    await sendImage(opened, { 'x-mock-fault': 'drop' }).catch(() => undefined)
    const { json } = await send('GET /__admin/journal')
    expect(json).toMatchObject({
      nowMs: 0,
      journalLength: 3,
      matched: 3,
      entries: [
        { key: '…cdef', endpoint: 'images', status: 200, counted: true, countedIn: ['few'] },
        { status: 429, counted: false, refusedBy: 'few', freesAtMs: 60_000 },
        { status: 0, fault: 'x-mock-fault' },
      ],
    })
  })

  it('filters, and gives the newest where there are many', async () => {
    const { send, base } = open({ profile: fewImages })
    for (let sent = 0; sent < 4; sent += 1) {
      await sendImage(opened)
      base.advance(10)
    }
    const { json } = await send('GET /__admin/journal?refusedBy=few&limit=2&key=cdef&toMs=30.5')
    expect([json.journalLength, json.matched]).toEqual([4, 3])
    expect(json.entries.map(({ atMs }: JournalEntry) => atMs)).toEqual([20, 30])
  })

  it('refuses a filter by its name', async () => {
    const { status, json } = await open().send('GET /__admin/journal?status=teapot')
    expect([status, json.error.param]).toEqual([400, 'status'])
    expect(json.error.message).toBe('status: expected a whole number from 0 to 599')
  })

  it('is emptied', async () => {
    const { send, mock } = open()
    await sendImage(opened)
    expect((await send('DELETE /__admin/journal')).json).toEqual({ journalLength: 0 })
    expect(mock.journal()).toEqual([])
  })
})

describe('POST /__admin/reset', () => {
  it('begins anew, but for time', async () => {
    const { send, base, mock } = open({ profile: fewImages })
    base.advance(500)
    await sendImage(opened)
    await send('PUT /__admin/faults', [{ do: { kind: 'hang' } }])
    await send('PUT /__admin/profile', { name: 'unlimited' })
    const { status, json } = await send('POST /__admin/reset')
    expect(status).toBe(200)
    expect(json).toMatchObject({ nowMs: 500, profile: 'few', limits: [], faults: [] })
    expect(json.totals.requests).toBe(0)
    expect(mock.journal()).toEqual([])
    expect((await sendImage(opened)).status).toBe(200)
  })
})

describe('/__admin/faults', () => {
  const plan = [
    { id: 'a', match: { key, endpoint: 'images' }, do: { kind: 'status', status: 418 } },
  ]

  it('puts a plan in force, shows it without its key, and takes it back', async () => {
    const { send } = open()
    const put = await send('PUT /__admin/faults', plan)
    const shown = [{ ...plan[0], match: { key: '…cdef', endpoint: 'images' } }]
    expect([put.status, put.json]).toEqual([200, shown])
    expect((await sendImage(opened)).status).toBe(418)
    expect((await send('GET /__admin/faults')).json).toEqual(shown)
    expect((await send('GET /__admin/state')).text).not.toContain(key)
    expect((await send('DELETE /__admin/faults')).json).toEqual([])
    expect((await sendImage(opened)).status).toBe(200)
  })

  it.each([
    ['body', '[{'],
    ['body', ''],
    ['body', undefined],
    ['body', `[{"do":{"kind":"status","status":500,"body":${'['.repeat(99)}1${']'.repeat(99)}}}]`],
    ['faults', '{}'],
    ['faults[1].do.status', '[{"do":{"kind":"hang"}},{"do":{"kind":"status","status":99}}]'],
    ['faults[0].match.kye', `[{"match":{"kye":"${key}"},"do":{"kind":"hang"}}]`],
  ])('refuses with the name of %s: %s', async (name, body) => {
    const { send, mock } = open({ faults: [{ id: 'old', do: { kind: 'hang' } }] })
    const { status, json, text } = await send('PUT /__admin/faults', body)
    expect([status, json.error.param]).toEqual([400, name])
    expect(json.error.message).toContain(`${name}: expected`)
    expect(text).not.toContain(key)
    expect(mock.faults()).toMatchObject([{ id: 'old' }])
  })

  it('takes deep bodies, and brackets in strings', async () => {
    const deep = ruleWithBody(`${'['.repeat(60)}1${']'.repeat(60)}`)
    const text = ruleWithBody(JSON.stringify(`"\\${'['.repeat(500)}`))
    for (const body of [deep, text]) {
      expect((await open().send('PUT /__admin/faults', body)).status).toBe(200)
    }
  })
})

describe('/__admin/profile', () => {
  it('takes a name, or a whole profile', async () => {
    const { send } = open()
    expect((await send('GET /__admin/profile')).json.name).toBe('documented')
    const named = await send('PUT /__admin/profile', { name: 'tier-1' })
    expect([named.status, named.json.name]).toEqual([200, 'tier-1'])
    expect((await send('GET /__admin/state')).json.profile).toBe('tier-1')
    expect((await send('PUT /__admin/profile', fewImages)).json).toEqual(fewImages)
    expect([(await sendImage(opened)).status, (await sendImage(opened)).status]).toEqual([200, 429])
  })

  it.each([
    ['name', { name: 'tier-9' }],
    ['body', 'tier-1'],
    ['profile', '"tier-1"'],
    ['profile', '[]'],
    ['profile.name', '{}'],
    ['profile.rateLimits', { name: 'tier-1', concurrencyLimits: [] }],
    [
      'profile.rateLimits[0].windowMs',
      { ...fewImages, rateLimits: [{ ...fewImages.rateLimits[0], windowMs: 0 }] },
    ],
  ])('refuses with the name of %s: %j', async (name, body) => {
    const { send, mock } = open()
    const { status, json } = await send('PUT /__admin/profile', body)
    expect([status, json.error.param]).toEqual([400, name])
    expect(mock.profile.name).toBe('documented')
  })

  it('is one of a list', async () => {
    const { json } = await open().send('GET /__admin/profiles')
    expect(json).toEqual(serverProfiles.map(({ name, description }) => ({ name, description })))
  })
})

describe('/__admin/clock', () => {
  it('tells the time', async () => {
    const { send, base } = open()
    base.advance(1_500)
    const expected = { nowMs: 1_500, isoTime: '2026-01-01T00:00:01Z', isPaused: false }
    expect((await send('GET /__admin/clock')).json).toEqual(expected)
  })

  it('ends a window to the millisecond', async () => {
    const { send, base } = open({ profile: fewImages, enforcement: { kind: 'sliding-log' } })
    base.advance(0.1)
    expect((await send('POST /__admin/clock/pause')).json).toMatchObject({
      nowMs: 1,
      isPaused: true,
    })
    await sendImage(opened)
    base.advance(99_999)
    await send('POST /__admin/clock/advance', { ms: 59_999 })
    expect((await sendImage(opened)).status).toBe(429)
    const { json } = await send('POST /__admin/clock/advance', { ms: 1 })
    expect(json).toMatchObject({ nowMs: 60_001, isPaused: true })
    expect((await sendImage(opened)).status).toBe(200)
    expect((await send('POST /__admin/clock/resume')).json.isPaused).toBe(false)
    base.advance(5)
    expect((await send('GET /__admin/clock')).json.nowMs).toBe(60_006)
  })

  it('sends delayed answers in order as they become due, and those without delay while it is held', async () => {
    const { send, clock } = open()
    await send('POST /__admin/clock/pause')
    const answered: number[] = []
    const waits = [3_000, 1_000, 2_000].map(async (delayMs) => {
      await sendImage(opened, { 'x-mock-fault': `delay=${delayMs}` })
      answered.push(delayMs)
    })
    await expect.poll(async () => (await send('GET /__admin/state')).json.totals.requests).toBe(3)
    expect((await sendImage(opened)).status).toBe(200)
    expect(answered).toEqual([])
    await send('POST /__admin/clock/advance', { ms: 2_500 })
    await expect.poll(() => answered).toEqual([1_000, 2_000])
    clock.advance(500)
    await Promise.all(waits)
    expect(answered).toEqual([1_000, 2_000, 3_000])
  })

  it.each([
    ['body', ''],
    ['body', '5'],
    ['body.s', { s: 1 }],
    ['ms', {}],
    ['ms', { ms: '5' }],
    ['ms', { ms: -1 }],
    ['ms', { ms: 0.5 }],
    ['ms', { ms: 31_536_000_001 }],
  ])('refuses to be moved, with the name of %s: %j', async (name, body) => {
    const { status, json } = await open().send('POST /__admin/clock/advance', body)
    expect([status, json.error.param]).toEqual([400, name])
  })
})

function ruleWithBody(json: string): string {
  return `[{"do":{"kind":"status","status":500,"body":${json}}}]`
}
