/**
 * The package as others get it: packed, installed into an empty project without fastify, imported, compiled against.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultModels } from '../../src/server/handler.ts'

const run = promisify(execFile)
const projectFolder = fileURLToPath(new URL('../../', import.meta.url))
const modules = join(projectFolder, 'node_modules')

let folder: string
let packed: PackedFile

interface PackedFile {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  const pack = ['pack', '--json', '--pack-destination', folder, '--loglevel', 'error']
  const { stdout } = await run('npm', pack, { cwd: projectFolder })
  // What the build prints comes before.
  const [file]: PackedFile[] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
  if (file === undefined) throw new Error(`npm pack wrote nothing: ${stdout}`)
  packed = file
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const tarball = join(folder, packed.filename)
  await run('npm', ['i', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder })
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the packed files', () => {
  it('are the build and the documents, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    const rest = paths.filter((path) => !/^dist\/[\w/-]+\.(?:js|d\.ts)$/.test(path))
    expect(rest.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    expect(paths).toContain('dist/index.js')
    expect(paths).toContain('dist/server/handler.js')
  })
})

describe('an empty project with the package and no fastify', () => {
  it('imports the main entry, the limiter, the retry, the fetch, the batch and the manifest', async () => {
    const output = await runScript(`
      const main = await import('together-rate-limits')
      const limiter = await import('together-rate-limits/limiter')
      const retry = await import('together-rate-limits/retry')
      const fetches = await import('together-rate-limits/fetch')
      const batch = await import('together-rate-limits/batch')
      const manifest = await import('together-rate-limits/package.json', { with: { type: 'json' } })
      console.log(main.TogetherRateLimiter === limiter.TogetherRateLimiter)
      console.log(main.togetherRetry === retry.togetherRetry && retry.retry === retry.togetherRetry)
      console.log(main.rateLimited === fetches.rateLimited && fetches.rateLimited().maxRetries)
      console.log(main.embedDocuments === batch.embedDocuments)
      console.log(manifest.default.name)
    `)
    expect(output).toBe('true\ntrue\n0\ntrue\ntogether-rate-limits\n')
  })

  it('runs five lines', async () => {
    const output = await runScript(`
      import { TogetherRateLimiter, togetherRetry } from 'together-rate-limits'
      const limiter = new TogetherRateLimiter(500)
      await limiter.acquire()
      const send = async () => new Response('{"answer":42}')
      console.log(JSON.stringify(await togetherRetry(limiter, send, 4)), limiter.snapshot().granted)
    `)
    expect(output).toBe('{"answer":42} 2\n')
  })

  it('has the command line', async () => {
    const options = { cwd: folder, env: { ...process.env, TOGETHER_API_KEY: 'key' } }
    const { stdout: version } = await run('npx', ['together-rate-limits', '--version'], options)
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
    const { stdout: help } = await run('npx', ['together-rate-limits', '--help'], options)
    expect(help).toContain('Usage: together-rate-limits')
    writeFileSync(join(folder, 'none.jsonl'), '')
    const files = ['--input', 'none.jsonl', '--output', 'out.jsonl']
    const { stdout } = await run('npx', ['together-rate-limits', 'run', ...files], options)
    expect(stdout).toContain('0 of 0 requests have their result')
  })

  it('uses the mock as a handler', async () => {
    const output = await runScript(`
      import { MockTogether } from 'together-rate-limits/server'
      const headers = { authorization: 'Bearer a' }
      console.log(new MockTogether().handle({ method: 'GET', path: '/v1/models', headers }, 0).status)
    `)
    expect(output).toBe('200\n')
  })

  it('is told that the listening mock needs fastify', async () => {
    const failure = await runScript(`
      const { createMockTogether } = await import('together-rate-limits/server')
      await createMockTogether()
    `).catch(String)
    expect(failure).toContain('createMockTogether needs fastify: npm i fastify')
  })

  it('cannot import what is not an entry', async () => {
    const failure = await runScript(
      `await import('together-rate-limits/dist/limiter/limiter.js')`,
    ).catch(String)
    expect(failure).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it('compiles against the types', async () => {
    await compile('plain', {}, clientSource)
  })

  it('compiles without the types of a browser', async () => {
    const types = { lib: ['ES2023'], types: ['node'], typeRoots: [join(modules, '@types')] }
    await compile('node', types, clientSource)
  })

  it('finds a wrong option', async () => {
    const wrong = clientSource.replace('maxPerMinute', 'maxPerMinit')
    await expect(compile('wrong', {}, wrong)).rejects.toThrow('maxPerMinit')
  })
})

describe('with fastify', () => {
  beforeAll(() => {
    symlinkSync(join(modules, 'fastify'), join(folder, 'node_modules/fastify'))
  })

  it('serves the mock', async () => {
    const output = await runScript(`
      import { createMockTogether } from 'together-rate-limits/server'
      const mock = await createMockTogether()
      const response = await fetch(mock.url + '/v1/models', { headers: { authorization: 'Bearer a' } })
      console.log(response.status, (await response.json()).length)
      await mock.close()
    `)
    expect(output).toBe(`200 ${defaultModels.length}\n`)
  })

  it('is told that the metrics need prom-client', async () => {
    const output = await runScript(`
      import { createMockTogether } from 'together-rate-limits/server'
      const mock = await createMockTogether()
      const response = await fetch(mock.adminUrl + '/metrics')
      console.log(response.status, (await response.json()).error.message)
      await mock.close()
    `)
    expect(output).toBe('501 needs prom-client: npm i prom-client\n')
  })

  it('compiles against the types of the server', async () => {
    await compile(
      'server',
      { types: ['node'], typeRoots: [join(modules, '@types')] },
      `import { createMockTogether, MockTogether, type MockResponse } from 'together-rate-limits/server'
      const mock = new MockTogether({ seed: 2 })
      export const running = createMockTogether({ seed: 2 })
      export const response: MockResponse = mock.handle({ method: 'GET', path: '/', headers: {} }, 0)
      `,
    )
  })
})

const clientSource = `
  import { TogetherRateLimiter, togetherRetry, isRetriesExhaustedError } from 'together-rate-limits'
  import type { Permit } from 'together-rate-limits/limiter'
  import { retryDefaults, type RetryOptions } from 'together-rate-limits/retry'
  import { createRateLimitedFetch, type RateLimitedFetchOptions } from 'together-rate-limits/fetch'
  const limiter = new TogetherRateLimiter({ maxPerMinute: 500 })
  const fetchOptions: RateLimitedFetchOptions = { limiter, retry: { maxRetries: 2 } }
  export const limitedFetch: typeof fetch = createRateLimitedFetch(fetchOptions)
  const options: RetryOptions = { ...retryDefaults, endpoint: 'embeddings' }
  export const permit: Permit = await limiter.acquire({ endpoint: 'images' })
  export const answer: { a: number } = await togetherRetry<{ a: number }>(
    limiter,
    ({ signal }) => fetch('https://example.invalid', { signal }),
    options,
  )
  export const reasonOf = (error: unknown): string | undefined =>
    isRetriesExhaustedError(error) ? error.reason : undefined
`

async function runScript(source: string): Promise<string> {
  const file = join(folder, 'script.mjs')
  writeFileSync(file, source)
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { cwd: folder })
  return stdout
}

/** Rejects with what the compiler says. */
async function compile(name: string, options: object, source: string): Promise<void> {
  const project = join(folder, name)
  mkdirSync(project)
  writeFileSync(join(project, 'client.mts'), source)
  const compilerOptions = {
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    target: 'ES2023',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: [],
    ...options,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await run(join(modules, '.bin/tsc'), ['-p', project]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout)
  })
}
