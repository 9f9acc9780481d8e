import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../sim/flags.ts'
import { helpText, parseOptions, runsDefault } from '../../../sim/options.ts'
import { subjectNames } from '../../../sim/subjects/load.ts'

describe('parseOptions', () => {
  it('takes the standard run where nothing is said', () => {
    expect(parseOptions([])).toEqual({
      seeds: { first: 1, last: runsDefault },
      showsTrace: false,
      scenarioFile: undefined,
      profile: 'mixed',
      subject: 'shipped',
      transport: 'direct',
      drainTurns: 1,
      json: undefined,
      html: undefined,
      shard: undefined,
      merge: undefined,
      isDefaultRun: true,
      help: false,
    })
  })

  it.each([
    [['--runs', '5'], { seeds: { first: 1, last: 5 }, showsTrace: false }],
    [['--seed', '7'], { seeds: { first: 7, last: 7 }, showsTrace: true }],
    [['--seed', '0'], { seeds: { first: 0, last: 0 } }],
    [['--seeds', '3..9'], { seeds: { first: 3, last: 9 }, showsTrace: false }],
    [['--seeds', '4..4'], { seeds: { first: 4, last: 4 } }],
    [['--scenario', 'saved.json'], { scenarioFile: 'saved.json', showsTrace: true }],
    [['--subject', './mine.mjs'], { subject: './mine.mjs' }],
    [['--drain-turns', '2'], { drainTurns: 2 }],
    [['--json', 'out.json'], { json: 'out.json' }],
    [['--html', 'out.html'], { html: 'out.html' }],
    [['--transport', 'direct'], {}],
    [['--transport', 'inject'], { transport: 'inject' }],
    [['--transport', 'loopback'], { transport: 'loopback' }],
    [['--shard', '2/3'], { shard: { index: 2, count: 3 }, isDefaultRun: true }],
    [['--merge', 'parts', '--json', 'out.json'], { merge: 'parts', json: 'out.json' }],
    [['--merge', 'parts', '--html', 'out.html'], { merge: 'parts', html: 'out.html' }],
    [['--help'], { help: true }],
  ])('reads %j', (args, expected) => {
    expect(parseOptions(args)).toMatchObject(expected)
  })

  it.each([
    ['--runs', '9'],
    ['--seed', '1'],
    ['--seeds', '1..220'],
    ['--scenario', 'saved.json'],
    ['--subject', 'naive'],
    ['--profile', 'documented'],
    ['--drain-turns', '1'],
  ])('does not take a run with %s %s for the standard one', (...args) => {
    expect(parseOptions(args).isDefaultRun).toBe(false)
  })

  it('lets the standard run write its result elsewhere too', () => {
    expect(parseOptions(['--json', 'out.json', '--html', 'out.html']).isDefaultRun).toBe(true)
  })

  it.each([
    [['--shard', '0/3'], '--shard: expected I/N with I from 1 to N, received "0/3"'],
    [['--shard', '4/3'], '--shard: expected I/N'],
    [['--shard', '2'], '--shard: expected I/N'],
    [['--shard', '1/2', '--seed', '3'], '--shard and --seed exclude each other'],
    [['--merge', 'parts', '--runs', '5'], '--merge and --runs exclude each other'],
    [['--runs', '0'], '--runs: expected a whole number of at least 1, received "0"'],
    [['--runs', '1e3'], 'received "1e3"'],
    [['--runs', ''], 'received ""'],
    [['--seed', '1.5'], '--seed: expected a whole number of at least 0'],
    [['--seed', '9007199254740992'], '--seed: expected a whole number'],
    [['--seeds', '9..3'], '--seeds: expected A..B with A not above B, received 9..3'],
    [['--seeds', '1..2..3'], '--seeds: expected A..B with A not above B, received 1..2..3'],
    [['--seeds', '9'], '--seeds: expected A..B'],
    [['--seeds', '..9'], '--seeds: expected a whole number'],
    [['--drain-turns', '0'], '--drain-turns: expected a whole number of at least 1'],
    [
      ['--profile', 'nonesuch'],
      /^--profile: expected mixed, .*tier-5.* or unlimited, received "nonesuch"$/,
    ],
    [['--transport', 'pigeon'], 'received "pigeon"'],
    [['--seed', '1', '--runs', '2'], 'exclude each other'],
    [['--seed', '1', '--scenario', 'a.json'], 'exclude each other'],
    [['--sed', '1'], '--sed'],
    [['-s', '1'], '-s'],
    [['stray'], 'stray'],
    [['--seed'], '--seed'],
  ])('refuses %j and says why', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })
})

describe('helpText', () => {
  it('has the name of every subject', () => {
    expect(subjectNames.filter((name) => !new RegExp(`\\b${name}[ ,\n]`).test(helpText))).toEqual(
      [],
    )
  })
})
