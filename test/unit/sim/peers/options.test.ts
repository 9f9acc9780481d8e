import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../sim/flags.ts'
import { helpText, parsePeersOptions } from '../../../../sim/peers/options.ts'
import { peers } from '../../../../sim/subjects/peers.ts'

const names = peers.map(({ name }) => name)

describe('parsePeersOptions', () => {
  it('takes all peers and the standard seeds where nothing is said', () => {
    const options = parsePeersOptions([])
    expect(options).toMatchObject({ chosen: names, isStandard: true, help: false })
    expect(helpText).toContain(`(default ${options.runs})`)
  })

  it.each([
    [['--runs', '3'], { runs: 3, chosen: names, isStandard: false }],
    [['--only', 'openai,p-queue'], { chosen: ['openai', 'p-queue'], isStandard: false }],
    [['--help'], { help: true }],
  ])('reads %j', (args, expected) => {
    expect(parsePeersOptions(args)).toMatchObject(expected)
  })

  it.each([
    [['--runs', '0'], '--runs: expected a whole number of at least 1, received "0"'],
    [['--runs', '1e3'], 'received "1e3"'],
    [
      ['--only', 'p-queue,q-queue'],
      '--only: expected names of peers (see --help), received "q-queue"',
    ],
    [['--only', ''], 'received ""'],
    [['--seeds', '1..2'], '--seeds'],
    [['stray'], 'stray'],
  ])('refuses %j and says why', (args, message) => {
    expect(() => parsePeersOptions(args)).toThrow(UsageError)
    expect(() => parsePeersOptions(args)).toThrow(message)
  })

  it('names every peer in its help', () => {
    expect(names.filter((name) => !helpText.includes(name))).toEqual([])
  })
})
