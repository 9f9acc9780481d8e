/** Where two traces of what should have been one run part. */

export interface Divergence {
  /** Virtual milliseconds of the first event that differs. */
  atMs: number
  /** The event's number, both traces' lines, and the lines before them. */
  description: string
}

const linesBefore = 4

/**
 * @param first - A trace, its lines in one text, as the other one is.
 * @param names - What the two are called.
 * @returns Undefined where they are equal.
 */
export function findDivergence(
  first: string,
  second: string,
  names: readonly [string, string],
): Divergence | undefined {
  if (first === second) return undefined
  const [one, other] = [first.split('\n'), second.split('\n')]
  let index = 0
  while (one[index] === other[index]) index += 1
  const [line, otherLine] = [one[index], other[index]]
  const width = Math.max(...names.map((name) => name.length))
  const before = one.slice(Math.max(0, index - linesBefore), index)
  return {
    atMs: Math.min(...[line, otherLine].flatMap((text) => timeOf(text) ?? [])),
    description: [
      `event ${index + 1} of ${one.length} and ${other.length} is the first that differs`,
      ...before.map((text) => `  ${' '.repeat(width)}  ${text}`),
      `  ${names[0].padEnd(width)}  ${line ?? 'the trace has ended'}`,
      `  ${names[1].padEnd(width)}  ${otherLine ?? 'the trace has ended'}`,
    ].join('\n'),
  }
}

/** Each line begins with its milliseconds. */
function timeOf(line: string | undefined): number | undefined {
  const ms = Number.parseFloat(line ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
