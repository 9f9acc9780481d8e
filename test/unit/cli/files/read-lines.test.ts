import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DiskFile } from '../../../../src/cli/files/disk.ts'
import { readLines } from '../../../../src/cli/files/read-lines.ts'

/** A file whose reads bring at most so many bytes. */
function fileOf(bytes: Uint8Array, readMax: number): Pick<DiskFile, 'read'> {
  return {
    read: async (position, length) => bytes.slice(position, position + Math.min(length, readMax)),
  }
}

async function linesOf(
  text: string,
  readMax: number,
): Promise<(readonly [number, string, boolean])[]> {
  const file = fileOf(new TextEncoder().encode(text), readMax) as DiskFile
  const lines: (readonly [number, string, boolean])[] = []
  for await (const { offset, bytes, isEnded } of readLines(file)) {
    lines.push([offset, new TextDecoder().decode(bytes), isEnded])
  }
  return lines
}

describe('readLines', () => {
  it('finds the same lines however the file is read', async () => {
    const texts = fc
      .array(fc.oneof(fc.constant('\n'), fc.string({ unit: 'grapheme' })))
      .map((all) => all.join(''))
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (text, readMax) => {
        const lines = await linesOf(text, readMax)
        const whole = lines.map(([, line, isEnded]) => line + (isEnded ? '\n' : '')).join('')
        expect(whole).toBe(text)
        expect(lines.every(([, line]) => !line.includes('\n'))).toBe(true)
        const bytes = new TextEncoder().encode(text)
        for (const [offset, line] of lines) {
          const there = bytes.slice(offset, offset + new TextEncoder().encode(line).length)
          expect(new TextDecoder().decode(there)).toBe(line)
        }
      }),
    )
  })

  it('has no line behind the last line feed', async () => {
    expect(await linesOf('a\nb\n', 100)).toEqual([
      [0, 'a', true],
      [2, 'b', true],
    ])
    expect(await linesOf('', 100)).toEqual([])
  })

  it('counts the lines from 1', async () => {
    const file = fileOf(new TextEncoder().encode('a\n\nc'), 2) as DiskFile
    const numbers: number[] = []
    for await (const { number } of readLines(file)) numbers.push(number)
    expect(numbers).toEqual([1, 2, 3])
  })
})
