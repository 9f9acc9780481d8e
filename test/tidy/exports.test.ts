/**
 * What the package exports is documented: each name of each entry has a sentence and says for whom it is.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder, readProjectFile } from './documents.ts'

interface PackageJson {
  readonly exports: Record<string, string | { types: string; default: string }>
}

const { exports: subpaths }: PackageJson = JSON.parse(readProjectFile('package.json'))
const entries = Object.values(subpaths)
  .filter((target) => typeof target === 'object')
  .map((target) => target.default.replace(/^\.\/dist/, 'src').replace(/\.js$/, '.ts'))

const names = entries.flatMap((entry) =>
  exportsOf(entry).map(({ name, file, localName }) => ({ entry, name, file, localName })),
)

describe('the package', () => {
  it('has an entry for each part', () => {
    expect(Object.keys(subpaths)).toEqual([
      '.',
      './limiter',
      './retry',
      './fetch',
      './batch',
      './server',
      './package.json',
    ])
    expect(entries.filter((entry) => !existsSync(projectFolder + entry))).toEqual([])
  })

  it('has its types beside its code', () => {
    for (const target of Object.values(subpaths)) {
      if (typeof target === 'object') {
        expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
      }
    }
  })
})

describe('an export', () => {
  it.each(names)('$name of $entry is documented', (exported) => {
    expect(isDocumented(exported)).toBe(true)
  })
})

/** A sentence, beside the tag that says for whom it is. */
function isDocumented({ file, localName }: Exported): boolean {
  const comment = commentOf(readProjectFile(file), localName)
  const hasSentence = /[A-Za-z]\w+ \w+/.test(comment.replaceAll(/@\w+.*$/gm, ''))
  return hasSentence && /@public|@internal/.test(comment)
}

describe('the check itself', () => {
  it('finds what is not documented', () => {
    expect(commentOf('const a = 1\nexport const b = 2\n', 'b')).toBe('')
    expect(commentOf('/** An a. @public */\nconst a = 1\n\nexport const b = 2\n', 'b')).toBe('')
    expect(commentOf('/** A b. @public */\nexport const b = 2\n', 'b')).toContain('A b.')
  })

  it('knows names that are exported under another one', () => {
    expect(names.find(({ name }) => name === 'retry')?.localName).toBe('togetherRetry')
  })
})

interface Exported {
  readonly name: string
  readonly file: string
  /** The name in the file that declares it. */
  readonly localName: string
}

/** What a file exports from other files, followed to where it is declared. */
function exportsOf(file: string): Exported[] {
  const statements = readProjectFile(file).matchAll(
    /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm,
  )
  return [...statements].flatMap(([, list = '', specifier = '']) => {
    const target = join(dirname(file), specifier)
    const passedOn = exportsOf(target)
    return namesIn(list).map(([localName, name]) => {
      const further = passedOn.find((exported) => exported.name === localName)
      return { file: target, localName, ...further, name }
    })
  })
}

function namesIn(list: string): [localName: string, name: string][] {
  const items = list.split(',').map((item) => item.trim().replace(/^type /, ''))
  return items.filter(Boolean).map((item) => {
    const [localName = '', name = localName] = item.split(' as ')
    return [localName, name]
  })
}

/** The doc comment right before a declaration; empty where there is none. Throws where nothing is declared. */
function commentOf(text: string, name: string): string {
  const kinds = 'abstract class|class|async function|function|const|interface|type'
  const match = new RegExp(`^export (?:${kinds}) ${name}\\b`, 'm').exec(text)
  if (match === null) throw new Error(`no declaration of ${name}`)
  const before = text.slice(0, match.index)
  return before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : ''
}
