import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandError } from '../../../../src/cli/command-error.ts'
import { locateOutput } from '../../../../src/cli/files/paths.ts'
import { failureOf } from '../../../helpers/batch-world.ts'

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'paths-'))
  mkdirSync(at('sub'))
  for (const name of ['in', 'there', 'x.lock', 'y.batches']) writeFileSync(at(name), '')
  linkSync(at('in'), at('hard'))
  linkSync(at('in'), at('z.sorting'))
  symlinkSync('in', at('soft'))
  symlinkSync('sub/../there', at('link'))
  symlinkSync(at('link'), at('sub/link-to-link'))
  symlinkSync('sub/new', at('to-nothing'))
  symlinkSync('round', at('round'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('locateOutput', () => {
  it.each([
    ['there', 'there'],
    ['new', 'new'],
    ['link', 'there'],
    ['sub/link-to-link', 'there'],
    ['to-nothing', 'sub/new'],
  ])('finds %s at %s', async (name, place) => {
    expect(await locateOutput(at(name), at('in'))).toBe(at(place))
  })

  it('leaves a path as it was typed where it is no link', async () => {
    expect(await locateOutput('none/../new', at('in'))).toBe('none/../new')
  })

  it.each([
    ['in', 'in', /^the output \S+in is the input; name another/],
    ['hard', 'in', 'hard is the input'],
    ['soft', 'in', 'soft is the input'],
    ['in', 'soft', 'in is the input'],
    ['x', 'x.lock', /the output \S+x would write \S+x\.lock, the input/],
    ['y', 'y.batches', 'y.batches, the input'],
    ['z', 'in', 'z.sorting, the input'],
    ['round', 'in', 'cannot open'],
    ['in/below', 'in', 'not a directory (ENOTDIR)'],
  ])('refuses the output %s of the input %s', async (output, input, message) => {
    const error = await failureOf(locateOutput(at(output), at(input)))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ exitCode: 2 })
    expect(() => {
      throw error
    }).toThrow(message)
  })

  it('refuses what is only an open file', async () => {
    const error = await failureOf(locateOutput('/dev/stdout', at('in')))
    expect(String(error)).toContain('cannot open /dev/stdout: it is not a regular file')
  })
})
