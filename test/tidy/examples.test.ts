/**
 * Every TypeScript example of the README compiles against the sources and runs against the mock, and what it prints is
 * what its `// =>` comments say.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMockTogether, defaultModels, type RunningMock } from '../../src/server/index.ts'
import { projectFolder, readBlocks } from './documents.ts'

const run = promisify(execFile)
const timeoutMs = 120_000

const examples = readBlocks('README.md').filter(({ language }) => language === 'ts')
const subpaths = {
  '': 'index.ts',
  '/limiter': 'limiter/index.ts',
  '/retry': 'retry/index.ts',
  '/fetch': 'fetch/index.ts',
  '/batch': 'batch/index.ts',
  '/server': 'server/index.ts',
}

let folder: string
let mock: RunningMock

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readme-examples-'))
  // The examples import the SDKs, too.
  symlinkSync(`${projectFolder}node_modules`, join(folder, 'node_modules'))
  mock = await createMockTogether({
    models: [...defaultModels, { id: 'openai/gpt-oss-20b', type: 'chat' }],
    batchDurationMs: { min: 10, max: 50 },
    jobDurationMs: { min: 200, max: 400 },
  })
})

afterAll(async () => {
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the examples of README.md', () => {
  it('begin with one of five lines that imports the module', () => {
    const lines = examples[0]?.text.trimEnd().split('\n') ?? []
    expect(lines).toHaveLength(5)
    expect(lines[0]).toContain("from 'together-rate-limits'")
  })

  it('compile', { timeout: timeoutMs }, async () => {
    const types = join(folder, 'types')
    mkdirSync(types)
    for (const { text, line } of examples) writeFileSync(join(types, `line-${line}.mts`), text)
    const paths = Object.entries(subpaths).map(([subpath, file]) => [
      `together-rate-limits${subpath}`,
      [`${projectFolder}src/${file}`],
    ])
    const compilerOptions = {
      paths: Object.fromEntries(paths),
      typeRoots: [`${projectFolder}node_modules/@types`],
      isolatedDeclarations: false,
    }
    const config = { extends: `${projectFolder}tsconfig.json`, compilerOptions, include: ['*.mts'] }
    writeFileSync(join(types, 'tsconfig.json'), JSON.stringify(config))
    const tsc = `${projectFolder}node_modules/.bin/tsc`
    const failure = await run(tsc, ['-p', types]).then(() => '', outputOf)
    expect(failure).toBe('')
  })

  it.each(examples)('run: the one at line $line', { timeout: timeoutMs }, async (example) => {
    const { text, line } = example
    const file = join(folder, `line-${line}.mts`)
    writeFileSync(file, rewrite(text))
    const { stdout } = await run(process.execPath, ['--import', 'tsx', file], {
      cwd: projectFolder,
      env: {
        ...process.env,
        TOGETHER_API_KEY: 'readme',
        TOGETHER_BASE_URL: `${mock.url}/v1`,
        GROQ_API_KEY: 'readme',
      },
    })
    const expected = [...text.matchAll(/\/\/ => (.*)$/gm)].map(([, value]) => value)
    if (expected.length > 0) expect(stdout.trimEnd().split('\n')).toEqual(expected)
    // An example that claims nothing must at least say something; all but this kind claim something.
    else expect(stdout).not.toBe('')
  })
})

/** The sources instead of the package, the mock instead of Together and of others, and shorter waits between looks. */
function rewrite(text: string): string {
  return text
    .replaceAll('https://api.together.xyz', mock.url)
    .replaceAll('https://api.groq.com/openai', mock.url)
    .replaceAll(/(\w+Batch\(requests, \{)/g, '$1 pollMsMin: 50, pollMsMax: 60, ')
    .replaceAll(/(pollMs\w+: \d+)_000/g, '$1')
    .replaceAll(/from 'together-rate-limits(\/?\w*)'/g, (_all, subpath: keyof typeof subpaths) => {
      return `from '${pathToFileURL(`${projectFolder}src/${subpaths[subpath]}`).href}'`
    })
}

function outputOf(error: { stdout?: string; message: string }): string {
  return error.stdout ?? error.message
}
