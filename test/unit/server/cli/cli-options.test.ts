import { describe, expect, it } from 'vitest'
import { helpText, parseCommandLine } from '../../../../src/server/cli/cli-options.ts'

describe('parseCommandLine', () => {
  it('has defaults', () => {
    expect(parseCommandLine([])).toEqual({
      isHelp: false,
      port: 8_787,
      host: '127.0.0.1',
      seed: 1,
      enforcement: { kind: 'fixed-window', phaseMs: 0 },
      faultsFile: undefined,
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
    expect(parseCommandLine(['--enforcement', 'sliding-log']).enforcement).toEqual({
      kind: 'sliding-log',
    })
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
  ])('refuses with a sentence that names %s: %j', (named, args) => {
    expect(() => parseCommandLine(args)).toThrow(named)
  })

  it('explains each flag it knows', () => {
    const flags = ['port', 'host', 'seed', 'enforcement', 'phase-ms', 'faults', 'help']
    for (const flag of flags) expect(helpText).toContain(`--${flag} `)
  })
})
