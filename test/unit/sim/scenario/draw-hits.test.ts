/** What was drawn with a chance becomes a list of those that it happens to. */
import { describe, expect, it } from 'vitest'
import type { FaultRule } from '../../../../src/server/handler.ts'
import { withHits } from '../../../../sim/scenario/draw-hits.ts'
import { drawScenario } from '../../../../sim/scenario/draw-scenario.ts'
import type { CallStream, Scenario } from '../../../../sim/scenario/types.ts'

const drawn = drawScenario(3, { isShipped: false, profile: 'documented' })
const chats: CallStream = { fromMs: 0, count: 1_000, overMs: 0, spacing: 'even', endpoint: 'chat' }

function fault(id: string, perMille: number): FaultRule {
  return { id, match: { toMs: 9, perMille }, do: { kind: 'hang' } }
}

function hitsOf(faults: readonly FaultRule[], id: string): readonly number[] | undefined {
  const scenario: Scenario = { ...drawn, calls: [chats], faults: [...faults] }
  return withHits(scenario).faults.find((rule) => rule.id === id)?.match?.nths
}

describe('a fault with a chance', () => {
  it('hits about as many requests as the chance says', () => {
    const hits = hitsOf([fault('hang', 50)], 'hang') ?? []
    expect(hits.length).toBeGreaterThan(120)
    expect(hits.length).toBeLessThan(200)
  })

  it('hits the same ones, whatever other faults there are', () => {
    const alone = hitsOf([fault('hang', 20)], 'hang')
    expect(hitsOf([fault('lost', 30), fault('hang', 20)], 'hang')).toEqual(alone)
    expect(hitsOf([fault('lost', 20)], 'lost')).not.toEqual(alone)
  })

  it('hits at least one, and no more than can be listed', () => {
    expect(hitsOf([fault('hang', 0)], 'hang')).toHaveLength(1)
    expect(hitsOf([fault('hang', 900)], 'hang')).toHaveLength(250)
  })

  it('that is sure hits all, and needs no list', () => {
    const { faults } = withHits({ ...drawn, faults: [fault('hang', 1_000)] })
    expect(faults).toEqual([{ id: 'hang', match: { toMs: 9 }, do: { kind: 'hang' } }])
  })
})

describe('a stream of which some calls are aborted', () => {
  it('names them, all along it, and when', () => {
    const stream = { ...chats, abortPerMille: 40, abortAfterMsMax: 500 }
    const [named] = withHits({ ...drawn, calls: [stream] }).calls
    const { aborts = [], ...rest } = named ?? chats
    expect(rest).toEqual(chats)
    expect(aborts.length).toBeGreaterThan(20)
    expect(aborts.length).toBeLessThan(60)
    expect(aborts.at(-1)?.nth).toBeGreaterThan(800)
    expect(Math.max(...aborts.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(500)
  })

  it('has no more of them than can be listed', () => {
    const stream = { ...chats, abortPerMille: 900, abortAfterMsMax: 500 }
    const [named] = withHits({ ...drawn, calls: [stream] }).calls
    expect(named?.aborts?.length).toBeLessThan(130)
    expect(named?.aborts?.at(-1)?.nth).toBeGreaterThan(900)
  })
})

describe('a lie', () => {
  it.each([
    [1_000, undefined],
    [300, 3],
    [20, 50],
  ])('that %i answers in a thousand tell is told by every %j', (perMille, every) => {
    const lie = { toMs: 9, headers: { a: '1' }, tightens: false }
    const [told] = withHits({ ...drawn, lies: [{ ...lie, perMille }] }).lies ?? []
    expect(told).toEqual(every === undefined ? lie : { ...lie, every })
  })
})
