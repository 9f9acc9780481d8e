/**
 * Compares controllers for a limit that moves, over seeds and both dynamic profiles: `npx tsx sim/dynamic/cli.ts`.
 *
 * `--only limiter,aimd` picks some, `--seeds 2 --hours 3 --cap 600` makes it quicker, `--silent` lets no 429 name a wait.
 */
import { parseArgs } from 'node:util'
import { findServerProfile } from '../../src/server/handler.ts'
import { controllerNames } from './controllers.ts'
import { measure, withCap, type Measure } from './measure.ts'

const names = ['limiter', ...controllerNames] as const

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    hours: { type: 'string', default: '6' },
    cap: { type: 'string', default: '6000' },
    only: { type: 'string', default: names.join(',') },
    silent: { type: 'boolean', default: false },
  },
})

const seedCount = Number(values.seeds)
const chosen = values.only.split(',')
const heading = ['used %', '429 %', 'time to cap, s', 'by ideal', 'sent in dips %', '503', 'sent']
printRow(['controller', 'profile', 'seed', ...heading])
printRow(Array.from({ length: heading.length + 3 }, () => '---'))
for (const controller of names.filter((name) => chosen.includes(name))) {
  for (const [index, name] of ['dynamic-2026-01', 'dynamic'].entries()) {
    const profile = withCap(findServerProfile(name)!, Number(values.cap))
    for (let count = 1; count <= seedCount; count += 1) {
      // The profiles differ in headers only: with the same seeds there would be half as much to see.
      const seed = index * seedCount + count
      const isSilent = values.silent
      const figures = measure({ controller, profile, seed, hours: Number(values.hours), isSilent })
      printRow([controller, name, String(seed), ...describe(figures)])
    }
  }
}

function describe(figures: Measure): string[] {
  return [
    percent(figures.usedShare),
    percent(figures.limitedShare),
    String(figures.capAtS),
    figures.capTimeRatio.toFixed(3),
    percent(figures.dipShare),
    String(figures.overloaded),
    String(figures.sent),
  ]
}

function percent(share: number): string {
  return (share * 100).toFixed(2)
}

function printRow(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}
