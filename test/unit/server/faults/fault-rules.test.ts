import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../../src/core/errors.ts'
import { parseFaultRules } from '../../../../src/server/handler.ts'

function complaintAbout(value: unknown): string {
  try {
    parseFaultRules(value)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError)
    return (error as InvalidOptionError).option
  }
  return 'nothing'
}

const status = { kind: 'status', status: 503 }

describe('parseFaultRules', () => {
  it('takes every kind of rule', () => {
    const match = {
      endpoint: 'chat',
      method: 'POST',
      model: 'm',
      key: 'k',
      fromMs: 0,
      toMs: 9.5,
      nth: 1,
      nths: [1, 20],
      perMille: 1_000,
    }
    const hints = [
      'retry-after',
      'retry-after-date',
      'retry-after-ms',
      'x-ratelimit-reset',
      'ratelimit',
    ]
    const rules = [
      { id: 'a', match, do: { kind: 'delay', delayMs: 0 } },
      { do: { kind: 'drop', when: 'before' } },
      { match: {}, do: { kind: 'drop', when: 'after' } },
      { do: { kind: 'hang' } },
      { do: { kind: 'truncate' } },
      {
        do: {
          ...status,
          hints: hints.map((header) => ({ header, delayMs: 1 })),
          headers: { 'x-cluster': 'a b' },
          body: null,
          beforeQuota: true,
        },
      },
    ]
    expect(parseFaultRules(rules)).toEqual(rules)
  })

  it.each([
    ['faults', { do: status }],
    ['faults[0]', [null]],
    ['faults[0].perMille', [{ do: status, perMille: 5 }]],
    ['faults[0].id', [{ id: '', do: status }]],
    ['faults[1].do', [{ do: status }, {}]],
    ['faults[0].do.kind', [{ do: { kind: 'explode' } }]],
    ['faults[0].do.status', [{ do: { kind: 'status', status: 200 } }]],
    ['faults[0].do.status', [{ do: { kind: 'status', status: '503' } }]],
    ['faults[0].do.beforeQuota', [{ do: { ...status, beforeQuota: 1 } }]],
    ['faults[0].do.hints', [{ do: { ...status, hints: {} } }]],
    ['faults[0].do.hints[0].header', [{ do: { ...status, hints: [{ header: 'x' }] } }]],
    [
      'faults[0].do.hints[0].delayMs',
      [{ do: { ...status, hints: [{ header: 'retry-after', delayMs: -1 }] } }],
    ],
    ['faults[0].do.headers', [{ do: { ...status, headers: { 'A B': '' } } }]],
    ['faults[0].do.headers', [{ do: { ...status, headers: { trailer: 'x' } } }]],
    ['faults[0].do.headers', [{ do: { ...status, headers: { 'transfer-encoding': 'chunked' } } }]],
    ['faults[0].do.headers', [{ do: { ...status, headers: { 'content-length': '1' } } }]],
    ['faults[0].do.headers.x', [{ do: { ...status, headers: { x: 'a\r\nb' } } }]],
    ['faults[0].do.headers.x', [{ do: { ...status, headers: { x: 1 } } }]],
    ['faults[0].do.delayMs', [{ do: { kind: 'delay' } }]],
    ['faults[0].do.delayMs', [{ do: { kind: 'hang', delayMs: 1 } }]],
    ['faults[0].do.when', [{ do: { kind: 'drop' } }]],
    ['faults[0].match', [{ match: 'chat', do: status }]],
    ['faults[0].match.perMile', [{ match: { perMile: 5 }, do: status }]],
    ['faults[0].match.endpoint', [{ match: { endpoint: '/v1/chat' }, do: status }]],
    ['faults[0].match.nth', [{ match: { nth: 0 }, do: status }]],
    ['faults[0].match.nths', [{ match: { nths: 3 }, do: status }]],
    ['faults[0].match.nths', [{ match: { nths: [] }, do: status }]],
    ['faults[0].match.nths', [{ match: { nths: [4, 4] }, do: status }]],
    ['faults[0].match.nths[1]', [{ match: { nths: [4, 0] }, do: status }]],
    ['faults[0].match.perMille', [{ match: { perMille: 0.5 }, do: status }]],
    ['faults[0].match.perMille', [{ match: { perMille: 1_001 }, do: status }]],
    ['faults[0].match.fromMs', [{ match: { fromMs: NaN }, do: status }]],
    ['faults[0].match.key', [{ match: { key: 5 }, do: status }]],
  ])('names %s', (option, rules) => {
    expect(complaintAbout(rules)).toBe(option)
  })
})
