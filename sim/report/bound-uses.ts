/** How much of the computed bounds was needed: a bound that is never half used says less than one that is. */
import type { BoundUse } from '../invariants/types.ts'
import type { RunSummary } from '../judge.ts'

export interface UsedBound extends BoundUse {
  seed: number
  /** Of the bound, 1 being all of it; infinite where it never came to its end. */
  share: number
}

export interface BoundUses {
  uses: UsedBound[]
  /** The first of those of which the most was needed; undefined where no bound was computed. */
  tightest: UsedBound | undefined
  medianShare: number
}

export function usesOfBounds(summaries: readonly RunSummary[]): BoundUses {
  const uses = summaries.flatMap(({ seed, bounds = [] }) =>
    bounds.map((use) => ({ ...use, seed, share: shareOf(use) })),
  )
  const tightest = uses.reduce<UsedBound | undefined>(
    (most, use) => (most === undefined || use.share > most.share ? use : most),
    undefined,
  )
  const shares = uses.map(({ share }) => share).toSorted((one, two) => one - two)
  return { uses, tightest, medianShare: shares[Math.floor(shares.length / 2)] ?? 0 }
}

function shareOf({ actualMs, boundMs }: BoundUse): number {
  return actualMs === undefined ? Number.POSITIVE_INFINITY : actualMs / boundMs
}

/** Of one run: a line for each. */
export function describeBounds(summaries: readonly RunSummary[]): string {
  return usesOfBounds(summaries)
    .uses.map(({ what, actualMs, boundMs }) => {
      const took = actualMs === undefined ? 'never' : formatSeconds(actualMs)
      return `${words[what]} ${took} after the faults and the last beginning, bound ${formatSeconds(boundMs)}`
    })
    .join('\n')
}

/** Of many runs one line; empty where no bound was computed. */
export function summarizeBounds(summaries: readonly RunSummary[]): string {
  const { uses, tightest, medianShare } = usesOfBounds(summaries)
  if (tightest === undefined) return ''
  const { seed, what, share } = tightest
  return `bounds: ${uses.length} computed, the tightest ${describeShare(share)} (seed ${seed}, ${what}), the median ${formatPercent(medianShare)}`
}

/** What never comes to its end takes more than any share. */
export function describeShare(share: number): string {
  return share > 1 ? 'exceeded' : `${formatPercent(share)} used`
}

export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}

const words: Record<BoundUse['what'], string> = {
  drained: 'drained',
  'long run': 'long run ended',
  recovered: 'throughput back',
}

function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
