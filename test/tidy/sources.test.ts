/**
 * Habits that a linter has no rule for, checked by reading the sources as text.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readProjectFile } from './documents.ts'

const linesMax = 400

const sources = ['src', 'sim', 'bench', 'test'].flatMap(listFiles)
const product = sources.filter((file) => /^(src|sim)\//.test(file))
// Without this file, which holds samples of what it looks for.
const tests = sources.filter((file) => /^test\/(?!tidy\/sources)/.test(file))

// Spelt so that this file keeps its own rule.
const unfinished = /\b(?:TO[D]O|FIX[M]E|X{3}|HA[C]K)\b/
const power = /\*\*|\bMath\s*\.\s*pow\b|\bMath\s*\[/
const exportAll = /^\s*export\s*\*/m
const focused =
  /\b(?:it|test|describe)(?:\.\w+(?:\([^)]*\))?)*\.(?:only|skip|todo|skipIf|runIf|fails)\b/

describe('every source file', () => {
  it('is found', () => {
    expect(product.length).toBeGreaterThan(50)
    expect(tests.length).toBeGreaterThan(20)
  })

  it('is finished', () => {
    expect(filesWith(sources, (text) => unfinished.test(text))).toEqual([])
  })

  it('names what it exports', () => {
    expect(filesWith(sources, (text) => exportAll.test(withoutComments(text)))).toEqual([])
  })

  it(`has at most ${linesMax} lines`, () => {
    expect(filesWith(sources, (text) => text.split('\n').length - 1 > linesMax)).toEqual([])
  })

  it('of src and sim takes no powers: they differ between versions of Node', () => {
    expect(filesWith(product, (text) => power.test(withoutComments(text)))).toEqual([])
  })

  it('of test runs all of its tests', () => {
    expect(filesWith(tests, (text) => focused.test(withoutComments(text)))).toEqual([])
  })

  it('of src begins with a comment that says what it is for', () => {
    const files = sources.filter((file) => file.startsWith('src/'))
    expect(filesWith(files, (text) => !/^(?:#!.*\n)?\/\*\*\n \* \S/.test(text))).toEqual([])
  })

  it('of src is reached from an entry', () => {
    const entries = [
      'index',
      'limiter/index',
      'retry/index',
      'fetch/index',
      'server/index',
      'server/cli/cli',
      'cli/cli',
      'cli/index',
    ]
    const reached = reachableFrom(entries.map((entry) => `src/${entry}.ts`))
    expect(listFiles('src').filter((file) => !reached.has(file))).toEqual([])
  })
})

describe('the patterns', () => {
  it.each([
    ['const b = a ** 2', power],
    ['Math.pow(a, 2)', power],
    ["  export * from './a.ts'", exportAll],
    ["it.only('x', f)", focused],
    ["describe.each([1])('x', f); it.each([1]).skip('x', f)", focused],
    ["it.skip('x', f)", focused],
  ])('find %s', (text, pattern) => {
    expect(withoutComments(text)).toMatch(pattern)
  })

  it.each([
    ['/** a ** 2 */ // Math.pow', power],
    ["it('skips only what it must', f)", focused],
    ["export { a } from './a.ts'", exportAll],
  ])('pass %s', (text, pattern) => {
    expect(withoutComments(text)).not.toMatch(pattern)
  })
})

/** All TypeScript files below a folder. */
function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function filesWith(files: readonly string[], isWrong: (text: string) => boolean): string[] {
  return files.filter((file) => isWrong(readProjectFile(file)))
}

/** Good enough for patterns: what follows `//` in a string is dropped too. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
}

function reachableFrom(entries: readonly string[]): Set<string> {
  const reached = new Set(entries)
  for (const file of reached) {
    for (const [, specifier = ''] of readProjectFile(file).matchAll(/from '(\.[^']+)'/g)) {
      reached.add(join(dirname(file), specifier))
    }
  }
  return reached
}
