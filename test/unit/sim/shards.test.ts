import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../sim/judge.ts'
import { parseOptions } from '../../../sim/options.ts'
import { joinParts, readParts, seedsOfShard, toPart, type Part } from '../../../sim/shards.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7]

function summary(seed: number): RunSummary {
  return { seed, traceHash: `trace-${seed}`, violations: [], checks: {}, met: [] }
}

function part(index: number, count: number, changes: Partial<Part> = {}): Part {
  const options = parseOptions(['--runs', '7', '--shard', `${index}/${count}`])
  const own = seedsOfShard(seeds, options.shard).map(summary)
  return { ...toPart(options, own, 'abc'), ...changes }
}

describe('seedsOfShard', () => {
  it('deals every seed to one shard', () => {
    const shards = [1, 2, 3].map((index) => seedsOfShard(seeds, { index, count: 3 }))
    expect(shards).toEqual([
      [1, 4, 7],
      [2, 5],
      [3, 6],
    ])
    expect(seedsOfShard(seeds, undefined)).toEqual(seeds)
  })
})

describe('joinParts', () => {
  it('has all summaries, in the order of their seeds', () => {
    const { summaries, whole } = joinParts([part(3, 3), part(1, 3), part(2, 3)])
    expect(summaries.map(({ seed }) => seed)).toEqual(seeds)
    expect(whole).toMatchObject({ seeds: { first: 1, last: 7 }, subject: 'shipped' })
  })

  it.each([
    [[], 'the folder holds no parts'],
    [[part(1, 3), part(3, 3)], 'missing are 2/3'],
    [[part(1, 2), part(2, 2), part(2, 2)], 'expected one part of each, received 1/2, 2/2, 2/2'],
    [[part(1, 2), part(2, 3)], 'missing are 2/2'],
    [[part(1, 2), part(2, 2, { sources: 'def' })], 'differ in sources: "abc", "def"'],
    [[part(1, 2), part(2, 2, { subject: 'naive' })], 'differ in subject'],
    [[part(1, 2), part(2, 2, { seeds: { first: 1, last: 8 } })], 'differ in seeds'],
  ])('refuses parts that do not make one run: case %#', (parts, message) => {
    expect(() => joinParts(parts)).toThrow(message)
  })
})

describe('readParts', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parts-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('reads the JSON files of a folder, and refuses what is no part', async () => {
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ runs: 3, part: part(1, 1) }))
    writeFileSync(join(folder, 'notes.txt'), 'none')
    expect(await readParts(folder)).toEqual([part(1, 1)])
    writeFileSync(join(folder, 'b.json'), '{"runs":3}')
    await expect(readParts(folder)).rejects.toThrow('b.json is no part')
    await expect(readParts(join(folder, 'none'))).rejects.toThrow('expected a folder')
  })
})
