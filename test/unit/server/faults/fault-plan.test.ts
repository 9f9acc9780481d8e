import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/core/random.ts'
import { FaultPlan, type FaultSubject } from '../../../../src/server/faults/fault-plan.ts'
import type { FaultRule } from '../../../../src/server/handler.ts'

const subject: FaultSubject = {
  atMs: 100,
  endpoint: 'chat',
  method: 'POST',
  key: 'key',
  model: 'a/b',
}
const hang: FaultRule['do'] = { kind: 'hang' }

function plan(rules: readonly FaultRule[], seed = 1): FaultPlan {
  return new FaultPlan(rules, createSeededRandom(seed, 'faults'))
}

/** Which of many requests the seed hits. */
function hits(seed: number): string {
  const faults = plan([{ match: { perMille: 250 }, do: hang }], seed)
  const decisions = Array.from({ length: 4_000 }, () => faults.decide('after', subject))
  return decisions.map((outcome) => (outcome === undefined ? '.' : 'x')).join('')
}

describe('FaultPlan.decide', () => {
  it('takes the first rule that matches', () => {
    const rules: FaultRule[] = [
      { id: 'other', match: { endpoint: 'images' }, do: { kind: 'truncate' } },
      { id: 'first', do: hang },
      { id: 'second', do: { kind: 'truncate' } },
    ]
    expect(plan(rules).decide('after', subject)).toMatchObject({
      id: 'first',
      action: hang,
      delayMs: 0,
      forgets: false,
    })
  })

  it('adds delays to what a later rule does', () => {
    const rules: FaultRule[] = [
      { do: { kind: 'delay', delayMs: 5 } },
      { id: 'slow', do: { kind: 'delay', delayMs: 7 } },
      { do: hang },
      { do: { kind: 'delay', delayMs: 100 } },
    ]
    const outcome = plan(rules).decide('after', subject)
    expect(outcome).toMatchObject({ id: 'fault-1+slow+fault-3', action: hang, delayMs: 12 })
  })

  it('keeps to the stage of each action', () => {
    const status = { kind: 'status', status: 503 } as const
    const stages: [FaultRule['do'], 'before' | 'after'][] = [
      [status, 'after'],
      [{ ...status, beforeQuota: false }, 'after'],
      [{ ...status, beforeQuota: true }, 'before'],
      [{ kind: 'drop', when: 'before' }, 'before'],
      [{ kind: 'drop', when: 'after' }, 'after'],
      [{ kind: 'delay', delayMs: 1 }, 'after'],
      [hang, 'after'],
      [{ kind: 'truncate' }, 'after'],
    ]
    for (const [action, stage] of stages) {
      const other = stage === 'before' ? 'after' : 'before'
      expect(plan([{ do: action }]).decide(other, subject)).toBeUndefined()
      expect(plan([{ do: action }]).decide(stage, subject)).toBeDefined()
    }
  })

  it.each([
    [{ endpoint: 'chat' }, true],
    [{ endpoint: 'images' }, false],
    [{ method: 'POST' }, true],
    [{ method: 'GET' }, false],
    [{ model: 'a/b' }, true],
    [{ model: 'a/c' }, false],
    [{ key: 'key' }, true],
    [{ key: 'ke' }, false],
    [{ fromMs: 100 }, true],
    [{ fromMs: 100.1 }, false],
    [{ toMs: 100 }, false],
    [{ toMs: 100.1 }, true],
    [{ endpoint: 'chat', key: 'other' }, false],
    [{ perMille: 0 }, false],
    [{ perMille: 1_000 }, true],
  ] as const)('matches %j: %s', (match, expected) => {
    const outcome = plan([{ match, do: hang }]).decide('after', subject)
    expect(outcome !== undefined).toBe(expected)
  })

  it('counts the requests that agree, and picks the nth of them once', () => {
    const faults = plan([{ match: { endpoint: 'chat', nth: 2 }, do: hang }])
    const seen = ['images', 'chat', 'images', 'chat', 'chat'].map(
      (endpoint) =>
        faults.decide('after', { ...subject, endpoint: endpoint as 'chat' }) !== undefined,
    )
    expect(seen).toEqual([false, false, false, true, false])
  })

  it('picks the listed ones of the requests that agree, whatever else is asked for in between', () => {
    const faults = plan([{ match: { endpoint: 'chat', nths: [3, 1] }, do: hang }])
    const seen = ['chat', 'images', 'chat', 'images', 'chat', 'chat'].map(
      (endpoint) =>
        faults.decide('after', { ...subject, endpoint: endpoint as 'chat' }) !== undefined,
    )
    expect(seen).toEqual([true, false, false, false, true, false])
  })

  it('draws from its stream: the same seed hits the same requests, about as often as asked', () => {
    expect(hits(3)).toBe(hits(3))
    expect(hits(3)).not.toBe(hits(4))
    const share = hits(3).replaceAll('.', '').length / 4_000
    expect(share).toBeGreaterThan(0.22)
    expect(share).toBeLessThan(0.28)
  })

  it('draws nothing for requests that do not agree otherwise', () => {
    const rules: FaultRule[] = [
      { match: { endpoint: 'images', perMille: 500 }, do: hang },
      { match: { perMille: 500 }, do: hang },
    ]
    const alone = plan(rules.slice(1))
    const together = plan(rules)
    for (let index = 0; index < 200; index += 1) {
      const expected = alone.decide('after', subject) !== undefined
      expect(together.decide('after', subject) !== undefined).toBe(expected)
    }
  })

  it('begins to count anew when rules are replaced', () => {
    const rules: FaultRule[] = [{ match: { nth: 1 }, do: hang }]
    const faults = plan(rules)
    expect(faults.decide('after', subject)).toBeDefined()
    expect(faults.decide('after', subject)).toBeUndefined()
    faults.replace(rules)
    expect(faults.decide('after', subject)).toBeDefined()
  })
})
