import { describe, expect, it } from 'vitest'
import {
  findLatencyPreset,
  latencyPresets,
  MockTogether,
  parseLatency,
} from '../../../../src/server/handler.ts'
import { InvalidOptionError } from '../../../../src/core/errors.ts'

function complaintAbout(value: unknown): string {
  try {
    parseLatency(value)
    return 'nothing'
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    return error.option
  }
}

const load = { concurrency: 8, factor: 2 }

describe('parseLatency', () => {
  it('takes the presets, also those that have been through JSON', () => {
    for (const [name, preset] of Object.entries(latencyPresets)) {
      expect(parseLatency(preset)).toBe(preset)
      expect(parseLatency(JSON.parse(JSON.stringify(preset)))).toEqual(preset)
      expect(findLatencyPreset(name)).toBe(preset)
    }
    expect(findLatencyPreset('toString')).toBeUndefined()
  })

  it('takes ranges and models', () => {
    expect(complaintAbout({ min: 0, max: 0.5 })).toBe('nothing')
    expect(complaintAbout({ timeToFirstTokenMs: undefined, interTokenMs: 0.5 })).toBe('nothing')
    expect(complaintAbout({ load, byEndpoint: { images: { sigma: 3 } } })).toBe('nothing')
  })

  it.each([
    ['latency', 'slow'],
    ['latency', null],
    ['latency', [1]],
    ['latency.min', { max: 4 }],
    ['latency.max', { min: 4 }],
    ['latency.max', { min: 5, max: 4 }],
    ['latency.sigma', { min: 5, max: 6, sigma: 1 }],
    ['latency.medianMs', { medianMs: 5 }],
    ['latency.timeToFirstTokenMs', { timeToFirstTokenMs: -1 }],
    ['latency.timeToFirstTokenMs', { timeToFirstTokenMs: '5' }],
    ['latency.timeToFirstTokenMs', { timeToFirstTokenMs: NaN }],
    ['latency.sigma', { sigma: 3.01 }],
    ['latency.interTokenMs', { interTokenMs: Infinity }],
    ['latency.perPromptTokenMs', { perPromptTokenMs: -0.1 }],
    ['latency.maxMs', { maxMs: 2_592_000_001 }],
    ['latency.load.factor', { load: { concurrency: 1 } }],
    ['latency.load.factor', { load: { ...load, factor: 0.9 } }],
    ['latency.load.concurrency', { load: { ...load, concurrency: 0.5 } }],
    ['latency.byEndpoint.speech', { byEndpoint: { speech: {} } }],
    ['latency.byEndpoint.chat.sigma', { byEndpoint: { chat: { sigma: -1 } } }],
    ['latency.byEndpoint.chat.load', { byEndpoint: { chat: { load } } }],
  ])('names %s', (option, value) => {
    expect(complaintAbout(value)).toBe(option)
  })

  it('is asked by the server', () => {
    const latency = { sigma: 4 }
    expect(() => new MockTogether({ latency })).toThrow('option latency.sigma: expected ')
  })
})
