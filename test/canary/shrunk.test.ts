/**
 * What a search makes of scenarios is fair: a module that keeps its promises breaks none in it. A smaller scenario that asked
 * for more than was promised would show a defect where there is none.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Blame } from '../helpers/fair-process.ts'

const seeds = { first: 1, last: 40 }
const runsPerSeed = 2

/** @returns What the shipped module is blamed for, and the number of runs. */
function runSmallerScenarios(): Promise<{ blames: Blame[]; runs: number }> {
  const script = fileURLToPath(new URL('../helpers/fair-process.ts', import.meta.url))
  const args = [seeds.first, seeds.last, runsPerSeed].map(String)
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const found: { blames: Blame[]; runs: number } = { blames: [], runs: 0 }
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: Blame | { runs: number } = JSON.parse(line)
    if ('runs' in message) found.runs = message.runs
    else found.blames.push(message)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(found)
      else reject(new Error(`the runs ended with exit code ${code}`))
    })
  })
}

it('blames the shipped module for nothing in what is made of drawn scenarios', async () => {
  const { blames, runs } = await runSmallerScenarios()
  expect(blames).toEqual([])
  expect(runs).toBeGreaterThanOrEqual(seeds.last)
})
