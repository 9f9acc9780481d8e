/** How high something stands over time, from when it rises and falls: requests in a window, calls that wait, tokens held. */

/** Something that is there from one instant to before another. */
export interface Held {
  fromMs: number
  toMs: number
  amount: number
}

/** Time cut into slices of equal length, from 0. */
export interface Slices {
  sliceMs: number
  count: number
}

/** The highest level of a slice, and where the slice begins. */
export interface Level {
  atMs: number
  level: number
}

/** The highest level there ever is. */
export function peakLevel(held: readonly Held[]): number {
  let highest = 0
  forEachLevel(held, (_atMs, level) => {
    highest = Math.max(highest, level)
  })
  return highest
}

/** The highest level in each slice: what lies between two points of a plot must not be lost. */
export function levelsIn({ sliceMs, count }: Slices, held: readonly Held[]): Level[] {
  const peaks = Array.from({ length: count }, () => 0)
  let current = 0
  let reached = 0
  const raise = (slice: number, level: number): void => {
    peaks[slice] = Math.max(peaks[slice] ?? 0, level)
  }
  const carryTo = (slice: number): void => {
    for (; reached < slice; reached += 1) raise(reached + 1, current)
  }
  forEachLevel(held, (atMs, level) => {
    const slice = Math.floor(atMs / sliceMs)
    if (slice >= count) return
    // What ends on the edge of a slice is not in it.
    carryTo(atMs > slice * sliceMs ? slice : slice - 1)
    reached = Math.max(reached, slice)
    current = level
    raise(slice, level)
  })
  carryTo(count - 1)
  return peaks.map((level, slice) => ({ atMs: slice * sliceMs, level }))
}

/** At one instant, what ends goes before what begins: windows and waits are half-open. */
function forEachLevel(held: readonly Held[], visit: (atMs: number, level: number) => void): void {
  const changes = held.flatMap(({ fromMs, toMs, amount }) =>
    toMs > fromMs
      ? [
          { atMs: fromMs, by: amount },
          { atMs: toMs, by: -amount },
        ]
      : [],
  )
  changes.sort((one, two) => one.atMs - two.atMs || one.by - two.by)
  let level = 0
  for (const { atMs, by } of changes) {
    level += by
    visit(atMs, level)
  }
}
