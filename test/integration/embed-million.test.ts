import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { MillionReport } from '../helpers/embed-million.ts'

const script = new URL('../helpers/embed-million.ts', import.meta.url).pathname

it('embeds a million texts at the whole quota, with every vector right and the memory flat', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script])
  const report: MillionReport = JSON.parse(stdout)
  expect(report).toMatchObject({
    texts: 1_000_000,
    requests: 50_000,
    refused: 0,
    wrongVectors: 0,
  })
  // 300 requests a minute, each slot held for a window, what drift costs, and the time to the headers.
  const slotMs = 60_000 + 1 + 30 + report.headersMs
  const optimumMs = (report.requests * slotMs) / 300
  expect(report.makespanMs).toBeLessThan(optimumMs * 1.01)
  expect(report.peakBytes).toBeLessThan(300_000_000)
})
