import { describe, expect, it } from 'vitest'
import { helpText, parseCommandLine } from '../../../../src/server/cli/cli-options.ts'

describe('parseCommandLine', () => {
  it('has defaults', () => {
    expect(parseCommandLine([])).toEqual({
      isHelp: false,
      port: 8_787,
      host: '127.0.0.1',
      seed: 1,
      profile: 'documented',
      latency: 'none',
      enforcement: undefined,
      faultsFile: undefined,
      countsRefused: undefined,
      apiKeys: undefined,
      journalLengthMax: 10_000,
      admin: undefined,
      isQuiet: false,
    })
  })

  it('takes all flags', () => {
    const text = '--port 0 --host ::1 --seed -5 --phase-ms 250.5 --faults plan.json'
    // parseArgs takes a value that begins with a dash only behind an equals sign.
    expect(parseCommandLine(text.replace('--seed -5', '--seed=-5').split(' '))).toMatchObject({
      port: 0,
      host: '::1',
      seed: -5,
      enforcement: { kind: 'fixed-window', phaseMs: 250.5 },
      faultsFile: 'plan.json',
    })
    expect(parseCommandLine(['--profile', 'tier-1']).profile).toBe('tier-1')
    expect(parseCommandLine(['--latency', 'typical']).latency).toBe('typical')
  })

  it.each([
    ['fixed-window', { kind: 'fixed-window', phaseMs: 0 }],
    ['sliding-log', { kind: 'sliding-log' }],
    ['sliding-counter --phase-ms 9', { kind: 'sliding-counter', phaseMs: 9 }],
    ['token-bucket', { kind: 'token-bucket' }],
    ['token-bucket --burst-ms 2000', { kind: 'token-bucket', burstMs: 2_000 }],
    ['gcra', { kind: 'gcra', burstMs: 1_000 }],
    ['slices --slice-ms 500', { kind: 'slices', sliceMs: 500 }],
  ])('reads --enforcement %s', (text, enforcement) => {
    const args = `--enforcement ${text}`.split(' ')
    expect(parseCommandLine(args).enforcement).toEqual(enforcement)
  })

  it('takes what is switched on or off, and keys', () => {
    const on = '--admin --counts-refused --quiet --journal-length 0 --api-key a --api-key b'
    expect(parseCommandLine(on.split(' '))).toMatchObject({
      admin: true,
      countsRefused: true,
      isQuiet: true,
      journalLengthMax: 0,
      apiKeys: ['a', 'b'],
    })
    const off = ['--no-admin', '--no-counts-refused']
    expect(parseCommandLine(off)).toMatchObject({ admin: false, countsRefused: false })
  })

  it.each([
    ['--api-key', ['--api-key', 'sk-secret sk-other']],
    ['--api-key', ['--api-key', 'sk-secret\n']],
    ['--api-key', ['--api-key', '']],
    ['--api-key', ['--api-key', 'sk-first', 'sk-secret']],
    ['--api-key', ['--api-key=sk-first', 'sk-secret', '--port', '0']],
    ['--api-key', ['sk-secret', '--api-key']],
    ['--apikey', ['--apikey=sk-secret']],
  ])('names %s and repeats no key: %j', (named, args) => {
    expect(() => parseCommandLine(args)).toThrow(named)
    expect(() => parseCommandLine(args)).not.toThrow(/sk-/)
  })

  it.each([
    ['--prot', ['--prot', '8787']],
    ['extra', ['extra']],
    ['--port', ['--port', '65536']],
    ['--port', ['--port', '80x']],
    ['--port', ['--port', '']],
    ['--seed', ['--seed', '1.5']],
    ['--host', ['--host', '']],
    ['--enforcement', ['--enforcement', 'none']],
    ['--phase-ms', ['--phase-ms', 'soon']],
    ['--phase-ms', ['--phase-ms', '5', '--enforcement', 'token-bucket']],
    ['--burst-ms', ['--burst-ms', '5']],
    ['--burst-ms', ['--burst-ms', '0', '--enforcement', 'gcra']],
    ['--slice-ms', ['--slice-ms', '1.5', '--enforcement', 'slices']],
    ['--profile', ['--profile', '']],
    ['--journal-length', ['--journal-length', '-1']],
    ['--journal-length', ['--journal-length', 'long']],
    ['--admin', ['--admin', '--no-admin']],
    ['--counts-refused', ['--no-counts-refused', '--counts-refused']],
    ['--latency', ['--latency', '']],
  ])('refuses with a sentence that names %s: %j', (named, args) => {
    expect(() => parseCommandLine(args)).toThrow(named)
  })

  it('explains each flag it knows', () => {
    const limits = ['profile', 'enforcement', 'phase-ms', 'burst-ms', 'slice-ms']
    const more = ['latency', 'counts-refused', 'no-counts-refused', 'api-key', 'journal-length']
    const flags = [
      'port',
      'host',
      'seed',
      ...limits,
      ...more,
      'faults',
      'admin',
      'no-admin',
      'quiet',
      'help',
    ]
    for (const flag of flags) expect(helpText).toContain(`--${flag} `)
  })
})
