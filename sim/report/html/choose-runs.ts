/** Which runs are worth showing whole: those that fail, and of each kind the one that presses hardest. */
import type { RunDigest } from '../../digest.ts'
import type { RunSummary } from '../../judge.ts'

/** Each costs a few tenths of a second and some tens of kilobytes. */
const runsMax = 4
const failuresMax = 2

/** The kinds in the order in which they are preferred, and what makes a run of it the one to see. */
const interests: readonly [RunDigest['theme'], (digest: RunDigest) => number][] = [
  ['quota', ({ longestWaitMs }) => longestWaitMs],
  ['storm', ({ pauses }) => pauses],
  ['outage', ({ endings }) => (endings['server error'] ?? 0) + (endings.network ?? 0)],
  ['tokens', ({ longestWaitMs }) => longestWaitMs],
  ['recovery', ({ pauses }) => pauses],
  ['dynamic', ({ endings }) => endings.refused ?? 0],
  ['work', ({ endings }) => endings['server error'] ?? 0],
]

/** Equal summaries give equal choices; of equals the lowest seed. */
export function chooseSeeds(summaries: readonly RunSummary[]): number[] {
  const failing = summaries.filter(({ violations, digest }) => violations.length > 0 && digest)
  const seeds = failing.slice(0, failuresMax).map(({ seed }) => seed)
  for (const [theme, interestOf] of interests) {
    const best = firstHighest(summaries, (digest) =>
      digest.theme === theme ? interestOf(digest) : undefined,
    )
    if (best !== undefined && !seeds.includes(best)) seeds.push(best)
  }
  return seeds.slice(0, runsMax)
}

function firstHighest(
  summaries: readonly RunSummary[],
  interestOf: (digest: RunDigest) => number | undefined,
): number | undefined {
  let best: { seed: number; interest: number } | undefined
  for (const { seed, digest } of summaries) {
    const interest = digest === undefined ? undefined : interestOf(digest)
    if (interest === undefined || (best !== undefined && interest <= best.interest)) continue
    best = { seed, interest }
  }
  return best?.seed
}
