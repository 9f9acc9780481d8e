import { expect, it } from 'vitest'
import { systemClock } from '../../../../src/core/clock.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'

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
