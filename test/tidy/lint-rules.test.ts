/**
 * The linter's import rules, seen firing: oxlint ignores what it does not understand in silence.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from './documents.ts'

/** A file, what it imports, and part of the complaint; undefined where there must be none. */
const cases: readonly (readonly [file: string, source: string, complaint: string | undefined])[] = [
  ['src/core/a.ts', 'zod', 'no runtime dependency'],
  ['src/core/a.ts', '@scope/name', 'no runtime dependency'],
  ['src/core/a.ts', '../limiter/index.ts', 'outside core'],
  ['src/core/headers/a.ts', '../../retry/index.ts', 'outside core'],
  ['src/core/headers/a.ts', '../errors.ts', undefined],
  ['src/core/a.ts', 'node:util', undefined],
  ['src/limiter/a.ts', 'zod', 'no runtime dependency'],
  ['src/limiter/a.ts', '../server/handler.ts', 'core only'],
  ['src/limiter/a.ts', '../retry/retry.ts', 'core only'],
  ['src/limiter/a.ts', '../core/errors.ts', undefined],
  ['src/retry/a.ts', '../limiter/index.ts', 'core only'],
  ['src/retry/a.ts', '../../sim/cli.ts', 'neither the simulator'],
  ['src/fetch/a.ts', 'zod', 'no runtime dependency'],
  ['src/fetch/a.ts', '../retry/decide.ts', 'through their index.ts'],
  ['src/fetch/a.ts', '../limiter/limiter.ts', 'through their index.ts'],
  ['src/fetch/a.ts', '../server/index.ts', 'the entries of limiter and retry'],
  ['src/fetch/a.ts', '../index.ts', 'the entries of limiter and retry'],
  ['src/fetch/a.ts', '../../sim/cli.ts', 'neither the simulator'],
  ['src/fetch/a.ts', '../retry/index.ts', undefined],
  ['src/fetch/a.ts', '../core/headers/server-delay.ts', undefined],
  ['src/fetch/a.ts', '../batch/index.ts', 'the entries of limiter and retry'],
  ['src/batch/a.ts', 'zod', 'no runtime dependency'],
  ['src/batch/a.ts', '../limiter/index.ts', 'the entry of the fetch'],
  ['src/batch/embed/a.ts', '../../retry/index.ts', 'the entry of the fetch'],
  ['src/batch/embed/a.ts', '../../server/handler.ts', 'the entry of the fetch'],
  ['src/batch/embed/a.ts', '../../fetch/options.ts', 'through their index.ts'],
  ['src/batch/embed/a.ts', '../../fetch/index.ts', undefined],
  ['src/batch/a.ts', '../core/errors.ts', undefined],
  ['src/cli/a.ts', 'zod', 'no runtime dependency'],
  ['src/cli/a.ts', 'node:fs', undefined],
  ['src/cli/a.ts', '../retry/index.ts', 'the entries of the long runs'],
  ['src/cli/files/a.ts', '../../server/index.ts', 'the entries of the long runs'],
  ['src/cli/a.ts', '../batch/long-run.ts', 'through their index.ts'],
  ['src/cli/a.ts', '../limiter/limiter.ts', 'through their index.ts'],
  ['src/cli/workloads/a.ts', '../../batch/index.ts', undefined],
  ['src/cli/a.ts', '../core/errors.ts', undefined],
  ['src/server/a.ts', 'zod', 'fastify and prom-client only'],
  ['src/server/a.ts', '../limiter/index.ts', 'the oracle is independent'],
  ['src/server/a.ts', '../core/profile.ts', 'itself'],
  ['src/server/a.ts', './admin/admin.ts', 'only the HTTP shell'],
  ['src/server/a.ts', '../core/errors.ts', undefined],
  ['src/server/operations/a.ts', 'zod', 'fastify and prom-client only'],
  ['src/server/operations/a.ts', '../../retry/index.ts', 'the oracle is independent'],
  ['src/server/operations/files/a.ts', '../../../limiter/limiter.ts', 'the oracle is independent'],
  ['src/server/http/a.ts', 'zod', 'fastify and prom-client only'],
  ['src/server/http/a.ts', 'fastify', undefined],
  ['src/server/admin/a.ts', '../../limiter/index.ts', 'the oracle is independent'],
  ['src/server/admin/a.ts', 'prom-client', undefined],
  ['src/server/quota/a.ts', '../operations/chat.ts', 'neither operations'],
  ['src/server/latency/a.ts', '../http/app.ts', 'neither operations'],
  ['src/server/state/a.ts', '../../limiter/index.ts', 'the oracle is independent'],
  ['src/server/profiles/a.ts', 'zod', 'fastify and prom-client only'],
  ['sim/a.ts', '../src/limiter/limiter.ts', 'entry points only'],
  ['sim/a.ts', '../src/limiter/index.ts', undefined],
  ['sim/world/a.ts', '../../src/server/quota/quota.ts', 'the pure handler only'],
  ['sim/world/a.ts', '../../src/server/http/server.ts', 'the pure handler only'],
  ['sim/world/a.ts', '../../src/server/handler.ts', undefined],
  // It measures the pure controller, which no entry exports.
  ['sim/dynamic/a.ts', '../../src/limiter/adaptive-rate.ts', undefined],
  ['sim/dynamic/a.ts', '../../src/server/quota/quota.ts', 'the pure handler only'],
  ['sim/invariants/a.ts', '../../src/retry/index.ts', 'neither the client nor the server'],
  ['bench/a.ts', '../src/limiter/limiter.ts', 'entry points only'],
  ['bench/a.ts', '../src/server/index.ts', undefined],
  ['bench/a.ts', '../sim/world/time.ts', 'neither the simulator'],
  // It measures the simulator itself.
  ['bench/sim/a.ts', '../../sim/world/time.ts', undefined],
  ['bench/sim/a.ts', '../../src/server/handler.ts', undefined],
  ['bench/sim/a.ts', '../../src/server/quota/quota.ts', 'entry points only'],
  ['bench/sim/a.ts', '../../test/helpers/hunt.ts', 'neither tests'],
]

/** Where the case's file is: each has a folder of its own, or a file would have the complaints of others. */
function nameOf(index: number): string {
  const [file = ''] = cases[index] ?? []
  return file.replace('a.ts', `case-${index}.ts`)
}

const folder = mkdtempSync(join(tmpdir(), 'lint-rules-'))
const complaints = new Map<string, string>()

beforeAll(() => {
  copyFileSync(`${projectFolder}.oxlintrc.json`, join(folder, '.oxlintrc.json'))
  for (const [index, [, source]] of cases.entries()) {
    const path = join(folder, nameOf(index))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `import * as thing from '${source}'\nexport const used: unknown = thing\n`)
  }
  const oxlint = `${projectFolder}node_modules/.bin/oxlint`
  const { stdout } = spawnSync(oxlint, ['--format', 'json'], { cwd: folder, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
  for (const { filename, message, help = '', code = '' } of diagnostics) {
    if (!code.includes('no-restricted-imports')) continue
    complaints.set(filename, `${complaints.get(filename) ?? ''}${message} ${help}`)
  }
})

interface Diagnostic {
  readonly filename: string
  readonly message: string
  readonly help?: string
  readonly code?: string
}

afterAll(() => rmSync(folder, { recursive: true }))

describe('a rule of the linter', () => {
  it.each(cases.map((one, index) => [...one, index] as const))(
    'lets %s import %s or complains: %s',
    (_file, _source, complaint, index) => {
      const said = complaints.get(nameOf(index)) ?? ''
      if (complaint === undefined) expect(said).toBe('')
      else expect(said).toContain(complaint)
    },
  )
})
