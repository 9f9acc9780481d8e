/**
 * Plants all mutants of a file at once, each behind a switch: `(isOn(3)?(a <= b):(a < b))`. One process so runs one mutant
 * after the other, and tells of each seed which mutants it comes to at all.
 */
import type { Candidate } from './candidates.ts'

interface Insertion {
  at: number
  text: string
  /** Of two at one place, the one of the wider place: before it where something opens, after it where it closes. */
  width: number
  /** Of two of the same place: from the outermost. */
  order: number
  opens: boolean
}

/**
 * @param mutants - Of this file, with the numbers of their switches.
 * @param switchModule - The address of switch.ts from the file.
 */
export function instrument(
  source: string,
  mutants: readonly { number: number; candidate: Candidate }[],
  switchModule: string,
): string {
  const insertions = mutants.flatMap(({ number, candidate }) => switchFor(number, candidate))
  const statements = new Map(
    mutants.flatMap(({ candidate: { statement, to } }) =>
      statement === undefined || to === undefined ? [] : [[statement.start, statement] as const],
    ),
  )
  // A statement that began with a parenthesis would be taken for a part of the line above.
  for (const span of statements.values()) insertions.push(...around(span, 'void (', ')', -1))
  insertions.sort(
    (left, right) =>
      left.at - right.at ||
      Number(left.opens) - Number(right.opens) ||
      (left.opens ? right.width - left.width : left.width - right.width) ||
      (left.opens ? left.order - right.order : right.order - left.order),
  )
  let text = `import { isOn as isOn__ } from '${switchModule}';`
  let position = 0
  for (const { at, text: inserted } of insertions) {
    text += source.slice(position, at) + inserted
    position = at
  }
  return text + source.slice(position)
}

function switchFor(number: number, { start, end, to }: Candidate): Insertion[] {
  // In braces of its own: an `else` that follows belongs to the `if` around it.
  if (to === undefined) return around({ start, end }, `{if(!isOn__(${number})){`, '}}', -2)
  return around({ start, end }, `(isOn__(${number})?(${to}):(`, '))', number)
}

function around(
  { start, end }: { start: number; end: number },
  before: string,
  after: string,
  order: number,
): Insertion[] {
  const width = end - start
  return [
    { at: start, text: before, width, order, opens: true },
    { at: end, text: after, width, order, opens: false },
  ]
}
