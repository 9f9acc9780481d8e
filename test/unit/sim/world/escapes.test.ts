import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { stat } from 'node:fs'
import { scheduler, setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel as ThreadChannel } from 'node:worker_threads'
import { beforeEach, expect, it } from 'vitest'
import { asHost, takeEscapes } from '../../../../sim/world/escapes.ts'
import { watchHost } from '../../../../sim/world/host-watch.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'

const time = installVirtualTime(1)
const here = /^test\/unit\/sim\/world\/escapes\.test\.ts:\d+:\d+$/

beforeEach(() => {
  time.reset(1)
  takeEscapes()
})

it.each<[string, () => void]>([
  ['crypto.randomUUID', () => void randomUUID()],
  ['crypto.randomUUID', () => void globalThis.crypto.randomUUID()],
  ['crypto.getRandomValues', () => void globalThis.crypto.getRandomValues(new Uint8Array(1))],
  ['crypto.randomBytes', () => void randomBytes(1)],
  ['crypto.randomInt', () => void randomInt(5)],
  ['new MessageChannel', () => new MessageChannel().port1.close()],
  ['new MessageChannel', () => new ThreadChannel().port1.close()],
  ['process.uptime', () => void process.uptime()],
])('notes %s and the place of its call', (what, act) => {
  act()
  const [escape, ...more] = takeEscapes()
  expect(escape).toEqual({ what, site: expect.stringMatching(here), atMs: 0 })
  expect(more).toEqual([])
  expect(takeEscapes()).toEqual([])
})

it('notes a place once, however often it is passed', () => {
  for (let count = 0; count < 3; count += 1) randomUUID()
  expect(takeEscapes()).toHaveLength(1)
})

it('notes nothing of what the host does, and what is virtual', async () => {
  await asHost(async () => randomUUID())
  const stop = watchHost()
  const { now } = Date
  void [Math.random(), now(), new Date().getTime(), performance.now(), process.hrtime()]
  const slept = sleep(5)
  clearTimeout(setTimeout(() => {}, 1))
  while (time.pendingTimers() > 0) await time.step()
  await slept
  stop()
  expect(takeEscapes()).toEqual([])
  expect(time.now()).toBe(5)
})

it('finds a timer of the host’s that no wrapper sees, where it watches for that', async () => {
  await scheduler.yield()
  expect(takeEscapes()).toEqual([])
  const stop = watchHost()
  await scheduler.yield()
  stop()
  expect(takeEscapes()).toEqual([
    { what: 'an immediate of the host’s', site: expect.stringMatching(here), atMs: 0 },
  ])
})

it('finds what is read in the background', async () => {
  const stop = watchHost()
  await new Promise<void>((resolve) => {
    stat('/', () => resolve())
  })
  stop()
  const what = 'a file that is read or written in the background'
  expect(takeEscapes()).toContainEqual({ what, site: expect.stringMatching(here), atMs: 0 })
})

it('leaves the globals as they were', () => {
  const before = readGlobals()
  watchHost()()
  expect(readGlobals()).toEqual(before)
})

function readGlobals(): unknown[] {
  return [setTimeout, setInterval, setImmediate, Date, Math.random, Date.now]
}
