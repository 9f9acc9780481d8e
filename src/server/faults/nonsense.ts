/**
 * `retry-after` values that say nothing, or nothing true.
 */

import type { Random } from '../../core/random.ts'
import type { HintNonsense } from '../contract.ts'
import type { ServerTime } from '../state/server-time.ts'
import { nonsenseKinds } from './fault-schema.ts'

const HOUR_MS = 3_600_000
/** Two centuries: further than any client may wait. */
const FAR_MS = 6_311_390_400_000

/** The value of a kind of nonsense, `any` being drawn. @internal */
export function nonsenseOf(
  kind: HintNonsense | 'any',
  { atMs, time, random }: { atMs: number; time: ServerTime; random: Random },
): string {
  const chosen = kind === 'any' ? (pick(nonsenseKinds, random) ?? 'empty') : kind
  switch (chosen) {
    case 'past-date':
      return time.httpDate(atMs - HOUR_MS)
    case 'far-date':
      return time.httpDateNotBefore(atMs + FAR_MS)
    case 'iso-date':
      return time.isoTime(atMs + HOUR_MS)
    case 'epoch-seconds':
      return String(time.unixSeconds(atMs + HOUR_MS))
    default:
      return fixed[chosen] ?? ''
  }
}

/** One of several, seeded. @internal */
export function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random.next() * items.length)]
}

const fixed: Readonly<Partial<Record<HintNonsense, string>>> = {
  negative: '-5',
  text: 'soon',
  empty: '',
  huge: '99999999999999999999',
  nan: 'NaN',
  infinity: 'Infinity',
  'decimal-comma': '1,5',
  unit: '5s',
  hex: '0x10',
  'two-values': '1, 2',
}
