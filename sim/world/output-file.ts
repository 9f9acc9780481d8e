/** The files of a long run that is a command, as its user writes and reads them: a JSON line for each item. */
import { vectorValue, type WorkRecord, type WorkResult } from './work-record.ts'

/** What the command is given. */
export function writeInput({ inputs, plan: { kind, model } }: WorkRecord): string {
  return inputs
    .map(({ id, content }) => {
      const messages = [{ role: 'user', content }]
      const asked =
        kind === 'embed' ? { text: content } : { body: { model, messages, max_tokens: 1 } }
      return `${JSON.stringify({ custom_id: id, ...asked })}\n`
    })
    .join('')
}

/** A line of either command's output. */
interface OutputLine {
  custom_id: string
  model?: string
  embedding?: number[]
  response?: { body: { model: string } }
  error?: { status?: number }
}

/**
 * @returns Its results in the order of the lines, and the contents of the items that have one. A line that is none is a
 *   result of no input.
 */
export function readOutput(
  work: WorkRecord,
  text: string,
): { results: Omit<WorkResult, 'atMs'>[]; done: ReadonlySet<string>; isTorn: boolean } {
  const places = new Map(work.inputs.map(({ id }, index) => [id, index]))
  // What stands behind the last line feed is no line.
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const results = lines.map((line) => readLine(line, places))
  if (rest !== '') results.push(noResult(rest))
  return { results, done: doneOf(work, results), isTorn: rest !== '' }
}

/** What need not be asked again: a text that is there twice is done when both have their line. */
function doneOf({ inputs }: WorkRecord, results: readonly { index: number }[]): Set<string> {
  const places = new Set(results.map(({ index }) => index))
  const left = new Set(inputs.filter((_input, at) => !places.has(at)).map(({ content }) => content))
  return new Set(inputs.map(({ content }) => content).filter((content) => !left.has(content)))
}

function readLine(line: string, places: ReadonlyMap<string, number>): Omit<WorkResult, 'atMs'> {
  let parsed: OutputLine
  try {
    parsed = JSON.parse(line) as OutputLine
  } catch {
    return noResult(line)
  }
  const { custom_id: id, embedding, response, error } = parsed
  const result = { index: places.get(id) ?? -1, id, status: error?.status }
  if (response !== undefined) {
    return { ...result, model: response.body.model, value: JSON.stringify(response.body) }
  }
  const value = embedding === undefined ? undefined : vectorValue(embedding)
  return { ...result, model: parsed.model ?? '', value }
}

function noResult(text: string): Omit<WorkResult, 'atMs'> {
  return { index: -1, id: text.slice(0, 40), model: '', value: undefined, status: undefined }
}
