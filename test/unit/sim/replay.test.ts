/** The commands that repeat a run: with the subject, the profile and the scenario that it was run with. */
import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../sim/options.ts'
import { replayCommand, replayFileCommand } from '../../../sim/replay.ts'

describe('replayCommand', () => {
  it.each([
    ['shipped', 7, 'npm run sim -- --seed 7'],
    ['/a/my.ts', 7, 'npm run sim -- --subject /a/my.ts --seed 7'],
    ["/a/it's mine.ts", 7, String.raw`npm run sim -- --subject '/a/it'\''s mine.ts' --seed 7`],
  ])('repeats a seed of %s', (subject, seed, command) => {
    expect(replayCommand(parseOptions([]), subject, seed)).toBe(command)
  })

  it('repeats a scenario from a file by that file, whatever its seed would give', () => {
    const options = parseOptions(['--scenario', 'found.json'])
    expect(replayCommand(options, 'naive', 7)).toBe(
      'npm run sim -- --subject naive --scenario found.json',
    )
  })
})

describe('replayFileCommand', () => {
  it('names the subject, and a file with blanks in quotes', () => {
    expect(replayFileCommand('shipped', '/tmp/a b.json')).toBe(
      "npm run sim -- --scenario '/tmp/a b.json'",
    )
    expect(replayFileCommand('naive', '/tmp/a.json')).toBe(
      'npm run sim -- --subject naive --scenario /tmp/a.json',
    )
  })
})
