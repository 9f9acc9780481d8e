/**
 * Every command that a document shows exists and takes the flags it is shown with.
 */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseMemoryBench, parseMockBench, parseSdkBench } from '../../bench/http/options.ts'
import { parseSimBench } from '../../bench/sim/options.ts'
import { parseOptions } from '../../sim/options.ts'
import { parsePeersOptions } from '../../sim/peers/options.ts'
import { parsePowerOptions } from '../../sim/power/options.ts'
import { parseCommandLine as parseOwnCommandLine } from '../../src/cli/arguments.ts'
import { parseCommandLine } from '../../src/server/cli/cli-options.ts'
import { createMockTogether, parseFaultRules, parseLatency } from '../../src/server/index.ts'
import {
  projectFolder,
  readBlocks,
  readCommands,
  readProjectFile,
  sorted,
  splitWords,
} from './documents.ts'

const documents = ['README.md', 'CONTRIBUTING.md']
const { scripts }: { scripts: Record<string, string> } = JSON.parse(readProjectFile('package.json'))

const commands = documents.flatMap((document) =>
  readCommands(document).map((words) => ({ document, line: words.join(' '), words })),
)

describe('a command in a document', () => {
  it('stands in each of them', () => {
    expect(new Set(commands.map(({ document }) => document))).toEqual(new Set(documents))
  })

  it.each(commands)('$document: $line', ({ words }) => {
    expect(() => checkCommand(words)).not.toThrow()
  })
})

describe('the check itself', () => {
  it.each([
    'npm run simulate',
    'npm run sim -- --sead 7',
    'npm run sim -- --seed seven',
    'npm run sim:peers -- --only q-queue',
    'npm run sim:power -- --mutants none',
    'npm run mock -- --port eighty',
    'npm run bench:mock -- --quiet',
    'npm run bench:memory -- --requests many',
    'npm run bench:sdk -- --calls 0',
    'npm run bench:sim -- --rounds 0',
    'npx together-rate-limits embd --input a --output b',
    'npm install',
    'npx prettier .',
    'npx vitest run test/unit/nothing',
    'rm -rf dist',
  ])('refuses %s', (line) => {
    expect(() => checkCommand(splitWords(line))).toThrow()
  })
})

describe('README.md, the mock server', () => {
  it('shows files that the mock takes: a list is a fault plan, an object a latency model', () => {
    const files = readBlocks('README.md').filter(({ language }) => language === 'json')
    const values = files.map(({ text }): unknown => JSON.parse(text))
    const [plans, models] = [values.filter(Array.isArray), values.filter((v) => !Array.isArray(v))]
    expect(plans).not.toEqual([])
    for (const plan of plans) expect(parseFaultRules(plan)).not.toEqual([])
    expect(models).not.toEqual([])
    for (const model of models) expect(parseLatency(model)).not.toEqual({})
  })

  it('shows a curl command for every operation, and each is answered well', async () => {
    const mock = await createMockTogether()
    try {
      const answers: string[] = []
      const ids: Ids = { FINE_TUNE_ID: '', BATCH_ID: '', FILE_ID: '' }
      for (const words of readCommands('README.md').filter(([program]) => program === 'curl')) {
        const request = readCurl(words)
        const response = await sendCurl(mock.url, request, ids)
        learnIds(ids, request, await response.text())
        answers.push(`${request.method} ${request.path} ${response.ok ? 'ok' : response.status}`)
      }
      expect(sorted(answers)).toEqual(sorted(operations.map((name) => `${name} ok`)))
    } finally {
      await mock.close()
    }
  })
})

const operations = [
  'GET /v1/models',
  'POST /v1/models',
  'GET /v1/jobs',
  'POST /v1/chat/completions',
  'POST /v1/completions',
  'POST /v1/embeddings',
  'POST /v1/images/generations',
  'POST /v1/rerank',
  'POST /v1/fine-tunes',
  'GET /v1/fine-tunes',
  'GET /v1/fine-tunes/FINE_TUNE_ID',
  'GET /v1/fine-tunes/FINE_TUNE_ID/events',
  'GET /v1/fine-tunes/FINE_TUNE_ID/checkpoints',
  'GET /v1/fine-tunes/FINE_TUNE_ID/metrics',
  'POST /v1/fine-tunes/FINE_TUNE_ID/cancel',
  'DELETE /v1/fine-tunes/FINE_TUNE_ID',
  'GET /v1/fine-tunes/models/supported',
  'POST /v1/files/upload',
  'GET /v1/files',
  'GET /v1/files/FILE_ID',
  'GET /v1/files/FILE_ID/content',
  'DELETE /v1/files/FILE_ID',
  'POST /v1/batches',
  'GET /v1/batches',
  'GET /v1/batches/BATCH_ID',
  'POST /v1/batches/BATCH_ID/cancel',
  'GET /__admin/state',
  'PUT /__admin/profile',
  'POST /__admin/clock/advance',
]

/** Throws where the command cannot work. */
function checkCommand([program = '', ...args]: readonly string[]): void {
  if (program === 'npm') checkNpm(args)
  else if (program === 'npx') checkNpx(args)
  else if (program === 'curl') readCurl(['curl', ...args])
  else if (program !== 'bash' || !existsSync(projectFolder + args.join(' '))) {
    throw new Error(`what is ${program} ${args.join(' ')}?`)
  }
}

function checkNpm([verb = '', ...args]: readonly string[]): void {
  if (args.length === 0 && ['ci', 'pack', 'test'].includes(verb)) return
  const [name = '', dashes, ...flags] = args
  if (verb !== 'run' || scripts[name] === undefined) throw new Error(`no script ${name}`)
  if (dashes !== undefined && dashes !== '--') throw new Error(`${dashes} before --`)
  const parse = parsers.get(name)
  if (parse !== undefined) parse(flags)
  else if (flags.length > 0) throw new Error(`nobody checks the flags of ${name}`)
}

/** By script, what reads its flags. */
const parsers = new Map<string, (flags: readonly string[]) => unknown>([
  ['sim', parseOptions],
  ['sim:peers', parsePeersOptions],
  ['sim:power', parsePowerOptions],
  ['mock', parseCommandLine],
  ['bench:mock', parseMockBench],
  ['bench:memory', parseMemoryBench],
  ['bench:sdk', parseSdkBench],
  ['bench:sim', parseSimBench],
])

function checkNpx([tool = '', ...args]: readonly string[]): void {
  if (tool === 'together-rate-limits') {
    parseOwnCommandLine(args)
    return
  }
  if (!existsSync(`${projectFolder}node_modules/.bin/${tool}`)) throw new Error(`no tool ${tool}`)
  const missing = args.filter((word) => word.includes('/') && !existsSync(projectFolder + word))
  if (missing.length > 0) throw new Error(`no such file: ${missing.join(' ')}`)
}

interface CurlRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
  readonly form: FormData | undefined
}

/** What stands in the documents in place of an id, and the id. */
type Ids = Record<'FINE_TUNE_ID' | 'BATCH_ID' | 'FILE_ID', string>

/** Sends what the command would send, with the ids that earlier answers named. */
function sendCurl(
  url: string,
  { method, path, headers, body, form }: CurlRequest,
  ids: Ids,
): Promise<Response> {
  const fill = (text: string): string =>
    text.replace(/FINE_TUNE_ID|BATCH_ID|FILE_ID/, (name) => ids[name as keyof Ids])
  const content = form ?? (body === undefined ? undefined : fill(body))
  return fetch(url + fill(path), {
    method,
    headers,
    ...(content === undefined ? {} : { body: content }),
  })
}

function learnIds(ids: Ids, { method, path }: CurlRequest, answer: string): void {
  if (method !== 'POST' || !(path in creations)) return
  const { id, job } = JSON.parse(answer) as { id?: string; job?: { id: string } }
  ids[creations[path as keyof typeof creations]] = id ?? job?.id ?? ''
}

const creations = {
  '/v1/fine-tunes': 'FINE_TUNE_ID',
  '/v1/batches': 'BATCH_ID',
  '/v1/files/upload': 'FILE_ID',
} as const

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** The request that a curl command sends; only the flags that the documents use. */
function readCurl([, ...words]: readonly string[]): CurlRequest {
  const read: Writable<CurlRequest> = {
    method: '',
    path: '',
    headers: {},
    body: undefined,
    form: undefined,
  }
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '-s') continue
    if (word.startsWith('http://127.0.0.1:8787/')) read.path = new URL(word).pathname
    else {
      index += 1
      readCurlFlag(read, word, words[index] ?? '')
    }
  }
  const hasBody = read.body !== undefined || read.form !== undefined
  return { ...read, method: read.method || (hasBody ? 'POST' : 'GET') }
}

function readCurlFlag(request: Writable<CurlRequest>, flag: string, value: string): void {
  if (flag === '-X') request.method = value
  else if (flag === '-d') request.body = value
  else if (flag === '-F') (request.form ??= new FormData()).set(...readFormField(value))
  else if (flag === '-H') request.headers[value.split(': ')[0] ?? ''] = value.split(': ')[1] ?? ''
  else throw new Error(`what does curl do with ${flag}?`)
}

/** `name=value`, or `name=@batch.jsonl`: the file that the document shows. */
function readFormField(field: string): [name: string, value: string | Blob] {
  const [name = '', value = ''] = field.split('=')
  if (!value.startsWith('@')) return [name, value]
  if (value !== '@batch.jsonl') throw new Error(`what is the file ${value}?`)
  const [file] = readBlocks('README.md').filter(({ language }) => language === 'jsonl')
  return [name, new Blob([file?.text ?? ''])]
}
