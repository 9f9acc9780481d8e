import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../../../src/cli/arguments.ts'

const files = ['--input', 'in', '--output', 'out']

describe('parseCommandLine', () => {
  it('fills in what is not said', () => {
    expect(parseCommandLine(['embed', ...files, '--model', 'm'])).toEqual({
      command: 'embed',
      input: 'in',
      output: 'out',
      model: 'm',
      fallbackModels: [],
      batchSize: 20,
      dimensions: undefined,
      maxPerMinute: undefined,
      profile: 'documented',
      inFlightMax: 128,
      outageMsMax: 7_200_000,
      pollMsMin: 30_000,
      retriesFailed: false,
      checksModels: true,
      isQuiet: false,
    })
  })

  it('reads every flag', () => {
    const embed = ['embed', ...files, '--model=m', '--batch-size', '5', '--dimensions', '32']
    const more = ['--max-per-minute', '60', '--in-flight', '9', '--outage-minutes', '0.5']
    const switches = ['--retry-failed', '--no-model-check', '--quiet']
    expect(parseCommandLine([...embed, ...more, ...switches])).toMatchObject({
      batchSize: 5,
      dimensions: 32,
      maxPerMinute: 60,
      inFlightMax: 9,
      outageMsMax: 30_000,
      retriesFailed: true,
      checksModels: false,
      isQuiet: true,
    })
    const run = ['run', ...files, '--fallback-model', 'a', '--fallback-model', 'b']
    expect(parseCommandLine([...run, '--profile', 'tier-1'])).toMatchObject({
      command: 'run',
      model: '',
      fallbackModels: ['a', 'b'],
      profile: 'tier-1',
    })
  })

  it('reads how often to look at batches', () => {
    const batch = ['batch', ...files, '--poll-seconds', '0.25']
    expect(parseCommandLine(batch)).toMatchObject({ command: 'batch', pollMsMin: 250 })
  })

  it('looks for nothing beside --help and --version', () => {
    expect(parseCommandLine(['--help'])).toBe('help')
    expect(parseCommandLine(['run', '--version'])).toBe('version')
  })

  it.each([
    [[], 'option command: expected one of embed, run, batch'],
    [
      ['embd', ...files],
      'option command: expected one of embed, run, batch, received the string "embd"',
    ],
    [['run', 'run', ...files], 'one command only'],
    [['run', '--output', 'out'], 'option --input: expected a file of JSON lines'],
    [['run', '--input', 'in'], 'option --output: expected a file'],
    [['run', '--input', 'a', '--output', './a'], 'another file than the input'],
    [['embed', ...files], "option --model: expected an embedding model's id"],
    [['embed', ...files, '--model', 'm', '--fallback-model', 'a'], 'no such flag beside embed'],
    [['run', ...files, '--batch-size', '5'], 'option --batch-size: expected no such flag'],
    [['run', ...files, '--in-flight', '0'], 'option --in-flight: expected a whole number'],
    [['run', ...files, '--in-flight', '1e3'], 'option --in-flight: expected a whole number'],
    [['run', ...files, '--outage-minutes', '-1'], '--outage-minutes'],
    [['run', ...files, '--outage-minutes', ''], '--outage-minutes'],
    [['run', ...files, '--profile', 'a', '--max-per-minute', '5'], 'none beside'],
    [['batch', ...files, '--poll-seconds', '0'], '--poll-seconds'],
    [['run', ...files, '--poll-seconds', '5'], 'no such flag beside run'],
    [['run', ...files, '--modle', 'm'], "Unknown option '--modle'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message)
  })

  it('does not repeat a key that somebody puts there', () => {
    let text = ''
    try {
      parseCommandLine(['run', ...files, '--api-key', 'secret'])
    } catch (error) {
      text = String(error)
    }
    expect(text).toContain('--api-key')
    expect(text).not.toContain('secret')
  })
})
