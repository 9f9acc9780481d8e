/**
 * Chooses mutants. Each module has its share of them; within a module, the lot falls to each candidate by its name, so that
 * a change somewhere exchanges few of them.
 */
import { createHash } from 'node:crypto'
import { modules, type Candidate } from './candidates.ts'

/** Of a module that has few candidates, so many at least, if there are. */
const perModuleMin = 10

/** @returns In the order of the candidates. */
export function drawSample(
  candidates: readonly Candidate[],
  { count, seed }: { count: number; seed: number },
): Candidate[] {
  const drawn = new Set(
    modules.flatMap((module) => {
      const own = candidates.filter((candidate) => candidate.module === module)
      const share = Math.round((count * own.length) / Math.max(1, candidates.length))
      return byLot(own, seed).slice(0, Math.max(share, Math.min(perModuleMin, count)))
    }),
  )
  return candidates.filter((candidate) => drawn.has(candidate))
}

function byLot(candidates: readonly Candidate[], seed: number): Candidate[] {
  const lots = candidates.map((candidate) => ({
    candidate,
    lot: createHash('sha256').update(`${seed} ${candidate.id}`).digest('hex'),
  }))
  return lots.toSorted((left, right) => (left.lot < right.lot ? -1 : 1)).map((one) => one.candidate)
}

/** @param only - Files or folders below src/, or candidates' names, with commas between them. */
export function selectOnly(candidates: readonly Candidate[], only: string): Candidate[] {
  const wanted = only.split(',').map((one) => one.trim())
  return candidates.filter((candidate) => wanted.some((one) => isOf(candidate, one)))
}

function isOf({ id, file }: Candidate, wanted: string): boolean {
  const path = wanted.replace(/^src\//, '').replace(/\/$/, '')
  return id === wanted || file === path || (path !== '' && file.startsWith(`${path}/`))
}
