import { describe, expect, it } from 'vitest'
import { OutageGate } from '../../../src/batch/outage-gate.ts'
import { fixedRandom } from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

function open(): {
  clock: VirtualClock
  gate: OutageGate
  passed: string[]
  ask: (name: string) => void
} {
  const clock = new VirtualClock()
  const gate = new OutageGate({ clock, random: fixedRandom(0) })
  const passed: string[] = []
  const ask = (name: string): void => {
    void gate.pass().then(() => passed.push(name))
  }
  return { clock, gate, passed, ask }
}

describe('a gate', () => {
  it('lets everybody pass while it is open', async () => {
    const { clock, passed, ask } = open()
    ask('a')
    ask('b')
    await clock.run(0)
    expect(passed).toEqual(['a', 'b'])
    expect(clock.timerCount).toBe(0)
  })

  it('lets one pass at a time while it is closed, later each time', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(0)
    for (const name of ['a', 'b', 'c']) ask(name)
    await clock.run(999)
    expect(passed).toEqual([])
    await clock.run(1)
    expect(passed).toEqual(['a'])
    await clock.run(600_000)
    expect(passed).toEqual(['a'])
    gate.close(0)
    await clock.run(1_999)
    expect(passed).toEqual(['a'])
    await clock.run(1)
    expect(passed).toEqual(['a', 'b'])
  })

  it('asks at least once a minute', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(0)
    for (let count = 1; count <= 12; count += 1) {
      ask(`${count}`)
      await clock.run(60_000)
      expect(passed).toHaveLength(count)
      gate.close(0)
    }
    expect(gate.closedForMs).toBe(12 * 60_000)
  })

  it('waits as long as the server says', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(90_000)
    ask('a')
    await clock.run(89_999)
    expect(passed).toEqual([])
    await clock.run(1)
    expect(passed).toEqual(['a'])
  })

  it('forgets after a success how long the server asked to wait', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(90_000)
    ask('a')
    gate.close(80_000)
    await clock.run(90_000)
    gate.open(1)
    gate.close(0)
    ask('b')
    await clock.run(1_000)
    expect(passed).toEqual(['a', 'b'])
  })

  it('waits for the longest that the server says, also where it says so later', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(10_000)
    ask('a')
    gate.close(60_000)
    await clock.run(59_999)
    expect(passed).toEqual([])
    await clock.run(1_000)
    expect(passed).toEqual(['a'])
  })

  it('lets all pass after a success, and begins anew with the shortest delay', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(0)
    ask('a')
    await clock.run(1_000)
    gate.close(0)
    ask('b')
    ask('c')
    await clock.run(2_000)
    gate.open(1)
    await clock.run(0)
    expect(passed).toEqual(['a', 'b', 'c'])
    expect(gate.closedForMs).toBe(0)
    expect(clock.timerCount).toBe(0)
    gate.close(0)
    ask('d')
    await clock.run(1_000)
    expect(passed.at(-1)).toBe('d')
  })

  it('learns nothing from what was under way when it closed', async () => {
    const { clock, gate, passed, ask } = open()
    for (let count = 0; count < 10; count += 1) gate.close(0)
    ask('a')
    await clock.run(1_000)
    expect(passed).toEqual(['a'])
  })

  it('has no timer while nobody waits', async () => {
    const { clock, gate, passed, ask } = open()
    gate.close(0)
    expect(clock.timerCount).toBe(0)
    await clock.run(10_000)
    ask('late')
    await clock.run(1_000)
    expect(passed).toEqual(['late'])
  })
})
