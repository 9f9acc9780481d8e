import { expect, it } from 'vitest'
import { Trace } from '../../../../sim/world/trace.ts'

function traceOf(lines: readonly string[], keepsLines = false): Trace {
  const trace = new Trace(keepsLines)
  for (const line of lines) trace.add(line)
  return trace
}

const many = Array.from({ length: 1_500 }, (_unused, index) => `${index} happens`)

it('has the same hash whether its lines are kept or not, however many there are', () => {
  expect(traceOf(many, true).lines).toEqual(many)
  expect(traceOf(many).lines).toEqual([])
  expect(traceOf(many).hash()).toBe(traceOf(many, true).hash())
  expect(traceOf(many).hash()).toMatch(/^[0-9a-f]{16}$/)
})

it('has another hash where one line differs, is missing, or stands elsewhere', () => {
  const swapped = [...many]
  swapped.splice(511, 2, many[512] ?? '', many[511] ?? '')
  const others = [many.slice(1), many.slice(0, -1), swapped, [...many.slice(0, -1), 'else']]
  const hashes = [many, ...others].map((lines) => traceOf(lines).hash())
  expect(new Set(hashes).size).toBe(5)
  // Where a line ends is a part of it.
  expect(traceOf(['ab', 'c']).hash()).not.toBe(traceOf(['a', 'bc']).hash())
})
