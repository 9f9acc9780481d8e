/**
 * Numbers for people.
 */

/** With a comma after each thousand. @internal */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** In the two largest units that it has: `2 h 47 min`, `3 s`. @internal */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}
