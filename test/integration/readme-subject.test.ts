/**
 * The module that the README shows as a subject is judged, from the folder it lies in, and found right.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { runSimulator } from '../helpers/run-sim.ts'
import { readBlocks } from '../tidy/documents.ts'

let folder: string | undefined

afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

describe('my-limiter.mjs of README.md', () => {
  it('keeps every promise in twelve runs', async () => {
    const blocks = readBlocks('README.md').filter(({ language }) => language === 'js')
    expect(blocks).toHaveLength(1)
    folder = mkdtempSync(join(tmpdir(), 'readme-subject-'))
    const file = join(folder, 'my-limiter.mjs')
    writeFileSync(file, blocks[0]?.text ?? '')
    const { exitCode, report, output } = await runSimulator(['--subject', file, '--runs', '12'], {
      timeoutMs: 280_000,
    })
    expect({ exitCode, output, violations: report?.violations }).toMatchObject({
      exitCode: 0,
      violations: [],
    })
    expect(report?.checks['never-exceeds-quota']).toBeGreaterThan(0)
    expect(report?.checks['uses-the-quota']).toBeGreaterThan(0)
  })
})
