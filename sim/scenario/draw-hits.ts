/**
 * Says of everything that happens to some of many which of them it happens to.
 *
 * What is drawn with a chance becomes a list of places, drawn in advance: so the scenario itself names the very requests that
 * are hit, and taking out one fault does not change whom the others meet, as it would if they drew from one stream.
 */
import type { FaultRule } from '../../src/server/handler.ts'
import { Draw } from '../world/draw.ts'
import type { CallStream, HeaderLie, Scenario } from './types.ts'

/** So many places of a fault are named at the most. */
const hitsMax = 250
/** Aborted calls of a stream. */
const abortsMax = 80
/** Requests beyond the calls themselves: retries, looks at jobs, files. */
const requestsMore = { times: 3, more: 200 } as const

export function withHits(scenario: Scenario): Scenario {
  const { seed, calls, works = [], faults, lies } = scenario
  const count =
    calls.reduce((sum, stream) => sum + stream.count, 0) +
    works.reduce((sum, { items }) => sum + items, 0)
  const requestsMax = requestsMore.times * count + requestsMore.more
  const aborts = new Draw(seed, 'aborts')
  return {
    ...scenario,
    calls: calls.map((stream) => nameAborts(aborts, stream)),
    // A stream each, so that more of one fault does not move the others.
    faults: faults.map((rule) => nameHits(new Draw(seed, `hits/${rule.id}`), rule, requestsMax)),
    ...(lies === undefined ? {} : { lies: lies.map(tellRegularly) }),
  }
}

function nameHits(draw: Draw, rule: FaultRule, requestsMax: number): FaultRule {
  const { perMille, ...match } = rule.match ?? {}
  if (perMille === undefined) return rule
  if (perMille >= 1_000) return { ...rule, match }
  const nths = drawPlaces(draw, { perMille, total: requestsMax, placesMax: hitsMax })
  return { ...rule, match: { ...match, nths } }
}

/** At least one: a fault that never happens is none. */
function drawPlaces(
  draw: Draw,
  { perMille, total, placesMax }: { perMille: number; total: number; placesMax: number },
): [number, ...number[]] {
  const places: number[] = []
  for (let place = 1; place <= total && places.length < placesMax; place += 1) {
    if (draw.chance(perMille)) places.push(place)
  }
  const [first = draw.int(1, total), ...others] = places
  return [first, ...others]
}

/** Drawn over the whole stream, and thinned out where they are too many to be listed. */
function nameAborts(draw: Draw, stream: CallStream): CallStream {
  const { abortPerMille, abortAfterMsMax = 0, ...rest } = stream
  if (abortPerMille === undefined) return stream
  const { count: total } = stream
  const perMille = Math.min(abortPerMille, Math.ceil((abortsMax * 1_000) / total))
  const places = drawPlaces(draw, { perMille, total, placesMax: total })
  const aborts = places.map((nth) => ({ nth, afterMs: draw.int(0, abortAfterMsMax) }))
  return { ...rest, aborts }
}

function tellRegularly({ perMille = 1_000, ...lie }: HeaderLie): HeaderLie {
  return perMille >= 1_000 ? lie : { ...lie, every: Math.round(1_000 / perMille) }
}
