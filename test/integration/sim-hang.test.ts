/** A subject that keeps the process busy must not hold the simulator for ever. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runInProcesses } from '../../sim/pool.ts'

it('ends a run that lets no time pass, names it and runs no further seed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sim-hang-'))
  try {
    const file = join(folder, 'busy.ts')
    await writeFile(
      file,
      `export function createLimiter() {
  let granted = 0
  return {
    async acquire(): Promise<void> {
      granted += 1
      while (granted > 50) await undefined
    },
  }
}
`,
    )
    const setup = {
      subject: file,
      profile: 'documented',
      drainTurns: 1,
      workers: 1,
      runMsMax: 5_000,
    }
    const summaries = await runInProcesses({ ...setup, seeds: [1, 2, 3] })
    expect(summaries).toHaveLength(1)
    expect(summaries[0]?.violations).toMatchObject([
      { invariant: 'every-call-settles-once', seed: 1, hangs: true },
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
