import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../sim/flags.ts'
import { helpText, parsePowerOptions, powerDefaults } from '../../../../sim/power/options.ts'

describe('parsePowerOptions', () => {
  it('draws the standard sample when nothing is said', () => {
    expect(parsePowerOptions([])).toEqual({
      ...powerDefaults,
      only: undefined,
      json: undefined,
      from: undefined,
      help: false,
    })
    expect(powerDefaults.mutants).toBeGreaterThanOrEqual(160)
  })

  it('reads what is said', () => {
    const args = ['--mutants', '40', '--seed', '7', '--runs', '9', '--seconds', '3']
    expect(parsePowerOptions([...args, '--json', 'out.json'])).toEqual({
      mutants: 40,
      seed: 7,
      only: undefined,
      runs: 9,
      seconds: 3,
      json: 'out.json',
      from: undefined,
      help: false,
    })
    expect(parsePowerOptions(['--only', 'limiter/lane.ts']).only).toBe('limiter/lane.ts')
    expect(parsePowerOptions(['--from', 'out.json']).from).toBe('out.json')
    expect(parsePowerOptions(['--help']).help).toBe(true)
  })

  it.each([
    [['--mutants', '0'], '--mutants: expected a whole number of at least 1, received "0"'],
    [['--runs', '1e3'], '--runs: expected a whole number of at least 1, received "1e3"'],
    [['--seconds', 'x'], '--seconds: expected a whole number of at least 1, received "x"'],
    [['--seed=-1'], '--seed: expected a whole number of at least 0, received "-1"'],
    [['--only', ''], '--only: expected a file or a name, received ""'],
    [['--only', 'limiter', '--mutants', '3'], '--only and --mutants exclude each other'],
    [['--from', 'a.json', '--runs', '3'], '--from and --runs exclude each other'],
    [['--only', 'limiter', '--seed', '3'], '--only and --seed exclude each other'],
  ])('refuses %j', (args, message) => {
    expect(() => parsePowerOptions(args)).toThrow(new UsageError(message))
  })

  it.each([[['--mutant', '3']], [['more']]])('refuses %j, which it does not know', (args) => {
    expect(() => parsePowerOptions(args)).toThrow(UsageError)
  })

  it('names every option in its help', () => {
    for (const name of ['mutants', 'seed', 'only', 'runs', 'seconds', 'json', 'from', 'help']) {
      expect(helpText).toContain(`--${name} `)
    }
  })
})
