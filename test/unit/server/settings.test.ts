import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import { MockTogether, documentedServerProfile } from '../../../src/server/handler.ts'

function complaintAbout(options: object): string {
  try {
    new MockTogether(options).journal()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError)
    return (error as InvalidOptionError).option
  }
  return 'nothing'
}

const rate = { id: 'a', endpoints: ['chat'], requestsMax: 1, windowMs: 1 }
const concurrency = { id: 'b', endpoint: 'batches', concurrentMax: 1, statusOver: 429 }

function profile(rateLimit: object, concurrencyLimit: object = concurrency): object {
  return { profile: { name: 'x', rateLimits: [rateLimit], concurrencyLimits: [concurrencyLimit] } }
}

describe('MockTogether options', () => {
  it('repeats no key in an error', () => {
    for (const options of [
      { apiKeys: 'sk-secret' },
      { apiKey: 'sk-secret' },
      { apiKeys: ['sk-secret', 5] },
    ]) {
      expect(() => new MockTogether(options as object)).toThrow(/^(?!.*secret).*option apiKey/)
    }
  })

  it('takes its defaults for what is undefined', () => {
    expect(complaintAbout({ seed: undefined, faults: undefined, profile: undefined })).toBe(
      'nothing',
    )
    expect(complaintAbout({ profile: documentedServerProfile })).toBe('nothing')
  })

  it.each([
    ['seed', { seed: 1.5 }],
    ['sed', { sed: 1 }],
    ['apiKeys', { apiKeys: 'abc' }],
    ['apiKeys', { apiKeys: [5] }],
    ['apiKeys', { apiKeys: [' '] }],
    ['wallAtZeroMs', { wallAtZeroMs: -1 }],
    ['journalLengthMax', { journalLengthMax: Infinity }],
    ['latency.max', { latency: { min: 5, max: 4 } }],
    ['jobDurationMs.min', { jobDurationMs: { min: NaN, max: 4 } }],
    ['batchDurationMs.max', { batchDurationMs: { min: 1 } }],
    ['enforcement.kind', { enforcement: { kind: 'leaky' } }],
    ['enforcement.phaseMs', { enforcement: { kind: 'fixed-window' } }],
    ['models id', { models: [{ id: '', type: 'chat' }] }],
    ['models a type', { models: [{ id: 'a', type: 'video' }] }],
    ['models a dimensions', { models: [{ id: 'a', type: 'embedding', dimensions: 0 }] }],
    ['faults[0].do', { faults: [{}] }],
    ['profile.rateLimits[0].requestsMax', profile({ ...rate, requestsMax: 0 })],
    ['profile.rateLimits[0].windowMs', profile({ ...rate, windowMs: 0.5 })],
    ['profile.rateLimits[0].endpoints[0]', profile({ ...rate, endpoints: ['speech'] })],
    ['profile.concurrencyLimits[0].id', profile({ ...rate, id: 'b' })],
    [
      'profile.concurrencyLimits[0].concurrentMax',
      profile(rate, { ...concurrency, concurrentMax: 1.5 }),
    ],
  ])('names %s', (option, options) => {
    expect(complaintAbout(options)).toBe(option)
  })

  it('enforces the profile it was given', () => {
    const mock = new MockTogether(profile({ ...rate, endpoints: ['models'], windowMs: 10 }))
    const request = { method: 'GET', path: '/v1/models', headers: { authorization: 'Bearer k' } }
    const answers = [0, 9, 10].map((nowMs) => mock.handle(request, nowMs).status)
    expect(answers).toEqual([200, 429, 200])
  })
})
