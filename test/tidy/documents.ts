/**
 * Reads the project's documents as data: fenced blocks, tables, and the words of a shell command.
 *
 * Only as much of Markdown and of the shell as these documents use; what it does not understand is an error, so that no
 * block slips through unchecked.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The project's folder, with a slash at its end. @internal */
export const projectFolder: string = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a file of the project. @internal */
export function readProjectFile(path: string): string {
  return readFileSync(projectFolder + path, 'utf8')
}

/** A fenced block of a document. @internal */
export interface Block {
  readonly language: string
  /** What stands behind the language: a file's name; empty where nothing does. */
  readonly title: string
  readonly text: string
  /** Of the first line of the text, from 1. */
  readonly line: number
}

/** All fenced blocks, in their order. @internal */
export function readBlocks(document: string): Block[] {
  const text = readProjectFile(document)
  return [...text.matchAll(/^```(\w*)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    title: match[2] ?? '',
    text: match[3] ?? '',
    line: text.slice(0, match.index).split('\n').length + 1,
  }))
}

/** The rows of the table whose first heading is `heading`, as cells without code marks. @internal */
export function readTable(document: string, heading: string): string[][] {
  const lines = readProjectFile(document).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|') && cellsOf(line)[0] === heading)
  if (first < 0) throw new Error(`${document} has no table that begins with ${heading}`)
  const rest = lines.slice(first + 2)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? rest.length : end).map(cellsOf)
}

function cellsOf(line: string): string[] {
  const cells = line.split('|').slice(1, -1)
  return cells.map((cell) => cell.trim().replaceAll('`', ''))
}

/** The commands of all `sh` blocks, one a line, as words. @internal */
export function readCommands(document: string): string[][] {
  return readBlocks(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.trim() !== '')
    .map(splitWords)
}

/** Words apart by spaces; single quotes hold one together. @internal */
export function splitWords(line: string): string[] {
  const words = line.match(/'[^']*'|[^\s']+/g) ?? []
  return words.map((word) => word.replaceAll("'", ''))
}

/** For comparing sets; undefined is shown, not dropped. @internal */
export function sorted(values: readonly (string | undefined)[]): string[] {
  return values.map(String).toSorted()
}
