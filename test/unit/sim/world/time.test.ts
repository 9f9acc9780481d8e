import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/core/clock.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'
import { watchUnhandled } from '../../../../sim/world/unhandled.ts'

// Installed once for the process, before anything else takes the time.
const time = installVirtualTime(1)

it('holds time back until what only the host can settle is there, and then passes it on last', async () => {
  time.reset(1)
  const seen: string[] = []
  const note = (what: string): void => {
    seen.push(`${time.now()} ${what}`)
  }
  systemClock.setTimer(() => {
    void time.hold(new Blob(['text']).text()).then((text) => note(`held ${text}`))
    void Promise.resolve().then(() => note('beside it'))
  }, 10)
  systemClock.setTimer(() => note('later'), 11)
  await time.step()
  await time.step()
  expect(seen).toEqual(['10 beside it', '10 held text', '11 later'])
})

it('passes on a failure, too', async () => {
  time.reset(1)
  const failing = time.hold(Promise.reject(new Error('gone')))
  const failed = failing.catch((error: Error) => error.message)
  await time.drain()
  expect(await failed).toBe('gone')
})

const noteInto = (seen: string[], what: string) => (): void => {
  seen.push(`${time.now()} ${what}`)
}

async function runAll(): Promise<void> {
  while (time.pendingTimers() > 0) await time.step()
}

describe('a process that is disturbed', () => {
  it('does at the end of a stall what fell due in it, in that order, each once, promises in between', async () => {
    time.reset(1)
    const counts = time.disturb({ stalls: [{ atMs: 10, lastsMs: 90 }], early: undefined }, 1)
    const seen: string[] = []
    systemClock.setTimer(noteInto(seen, 'before'), 9)
    systemClock.setTimer(noteInto(seen, 'third'), 99)
    systemClock.setTimer(() => {
      seen.push(`${time.now()} first`)
      void Promise.resolve().then(noteInto(seen, 'of the first'))
    }, 10)
    const interval = setInterval(noteInto(seen, 'interval'), 30)
    systemClock.setTimer(() => clearInterval(interval), 125)
    systemClock.setTimer(noteInto(seen, 'at its end'), 100)
    time.setWorldTimer(noteInto(seen, 'world'), 50)
    await runAll()
    expect(seen).toEqual([
      '9 before',
      '50 world',
      '100 at its end',
      '100 first',
      '100 of the first',
      '100 interval',
      '100 third',
      '120 interval',
    ])
    expect(counts).toEqual({ early: 0, late: 3 })
  })

  it('forgets a timer that is cleared before the end of the stall, and one that an earlier one clears', async () => {
    time.reset(1)
    time.disturb({ stalls: [{ atMs: 10, lastsMs: 90 }], early: undefined }, 1)
    const seen: string[] = []
    const cancel = systemClock.setTimer(noteInto(seen, 'cleared outside'), 20)
    systemClock.setTimer(() => cancelLater(), 30)
    const cancelLater = systemClock.setTimer(noteInto(seen, 'cleared by another'), 40)
    time.setWorldTimer(cancel, 50)
    await runAll()
    expect(seen).toEqual([])
  })

  it('notes what a timer throws, and goes on', async () => {
    time.reset(1)
    time.disturb({ stalls: [{ atMs: 10, lastsMs: 90 }], early: undefined }, 1)
    const unhandled = watchUnhandled()
    const seen: string[] = []
    systemClock.setTimer(() => {
      throw new Error('one of the timers')
    }, 20)
    systemClock.setTimer(noteInto(seen, 'next'), 30)
    await runAll()
    expect(seen).toEqual(['100 next'])
    expect(unhandled.stop()).toEqual(['thrown in a timer: Error: one of the timers'])
  })

  it('fires some timers early, never at once and never those of the world', async () => {
    time.reset(1)
    const counts = time.disturb({ stalls: [], early: { perMille: 500, byMsMax: 3 } }, 1)
    const seen: number[] = []
    for (let count = 0; count < 200; count += 1) {
      systemClock.setTimer(() => seen.push(time.now()), 50)
    }
    const short: number[] = []
    for (let count = 0; count < 50; count += 1) {
      systemClock.setTimer(() => short.push(time.now()), 1 + (count % 2))
    }
    let worldMs = 0
    time.setWorldTimer(() => {
      worldMs = time.now()
    }, 50)
    await runAll()
    expect(new Set(seen)).toEqual(new Set([47, 48, 49, 50]))
    expect(new Set(short)).toEqual(new Set([1, 2]))
    expect(worldMs).toBe(50)
    expect(counts.early).toBeGreaterThan(70)
  })

  it('is undisturbed after a reset', async () => {
    time.reset(1)
    time.disturb({ stalls: [{ atMs: 0, lastsMs: 90 }], early: undefined }, 1)
    time.reset(1)
    const seen: string[] = []
    systemClock.setTimer(noteInto(seen, 'on time'), 20)
    await runAll()
    expect(seen).toEqual(['20 on time'])
  })
})

it('steps until it is told to stop, and passes on what goes wrong where that is asked', async () => {
  time.reset(1)
  const fired: number[] = []
  for (const atMs of [5, 6, 7]) systemClock.setTimer(() => fired.push(atMs), atMs)
  await time.run(() => fired.length === 2)
  expect([fired, time.now()]).toEqual([[5, 6], 6])
  const broken = time.run(() => {
    throw new Error('broken')
  })
  await expect(broken).rejects.toThrow('broken')
  await time.step()
  expect(fired).toEqual([5, 6, 7])
})

it('lets what comes from outside wait for the end of a stall, and never hurries it', async () => {
  time.reset(1)
  const seen: string[] = []
  const early = { perMille: 1_000, byMsMax: 3 }
  time.disturb({ stalls: [{ atMs: 40, lastsMs: 10 }], early }, 1)
  for (const atMs of [20, 45]) {
    time.setArrival(() => seen.push(`arrival of ${atMs} at ${time.now()}`), atMs)
  }
  systemClock.setTimer(() => seen.push(`timer at ${time.now()}`), 20)
  await time.run(() => seen.length === 3)
  expect(seen.slice(1)).toEqual(['arrival of 20 at 20', 'arrival of 45 at 50'])
  expect(seen[0]).toMatch(/^timer at 1[789]$/)
})
