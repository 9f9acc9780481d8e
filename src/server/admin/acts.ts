/**
 * What the paths of the admin API do.
 *
 * No answer holds a whole API key: where the mock has one, only its end is shown, and errors do not repeat what was sent.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { checkSchema } from '../json-schema.ts'
import {
  findServerProfile,
  parseFaultRules,
  parseServerProfile,
  serverProfiles,
  type FaultRule,
  type ServerProfile,
} from '../handler.ts'
import { isJsonObject } from '../operations/body-rules.ts'
import { redactKey } from '../state/journal.ts'
import { readJournalFilter } from './journal-filter.ts'
import { NEEDS_PROM_CLIENT, renderMetrics } from './metrics.ts'
import { readJson } from './read-json.ts'
import { AdminAnswer, type AdminPlace, type AdminRequest } from './admin-route.ts'

/** @internal */
export function describeState(place: AdminPlace): object {
  const { mock, clock } = place
  const state = mock.state(clock.nowMs())
  return { ...state, isPaused: clock.isPaused, faults: describeFaults(place) }
}

/** @internal */
export function readJournal({ mock, clock }: AdminPlace, { query }: AdminRequest): object {
  const { matches, limit } = readJournalFilter(query)
  const journal = mock.journal()
  const entries = journal.filter(matches)
  const nowMs = clock.nowMs()
  return {
    nowMs,
    journalLength: journal.length,
    matched: entries.length,
    entries: entries.slice(-limit),
  }
}

/** @internal */
export function clearJournal({ mock }: AdminPlace): object {
  mock.clearJournal()
  return { journalLength: 0 }
}

/** @internal */
export function reset(place: AdminPlace): object {
  place.mock.reset()
  return describeState(place)
}

/** @internal */
export function describeFaults({ mock }: AdminPlace): readonly FaultRule[] {
  return mock.faults().map(redactRule)
}

function redactRule(rule: FaultRule): FaultRule {
  if (rule.match?.key === undefined) return rule
  return { ...rule, match: { ...rule.match, key: redactKey(rule.match.key) } }
}

/** @internal */
export function putFaults(place: AdminPlace, { body }: AdminRequest): readonly FaultRule[] {
  place.mock.setFaults(parseFaultRules(readJson(body)))
  return describeFaults(place)
}

/** @internal */
export function clearFaults(place: AdminPlace): readonly FaultRule[] {
  place.mock.setFaults([])
  return describeFaults(place)
}

/** @internal */
export function describeProfile({ mock }: AdminPlace): ServerProfile {
  return mock.profile
}

/** @internal */
export function putProfile({ mock }: AdminPlace, { body }: AdminRequest): ServerProfile {
  const value = readJson(body)
  mock.setProfile(readProfileName(value) ?? parseServerProfile(value))
  return mock.profile
}

/** The profile of an object that says a name and nothing else. */
function readProfileName(value: unknown): ServerProfile | undefined {
  if (!isJsonObject(value) || typeof value['name'] !== 'string') return undefined
  if (Object.keys(value).length > 1) return undefined
  const known = findServerProfile(value['name'])
  if (known !== undefined) return known
  const names = serverProfiles.map(({ name }) => name).join(', ')
  throw new InvalidOptionError('name', value['name'], `one of ${names}, or a whole profile`)
}

/** @internal */
export function listProfiles(): readonly object[] {
  return serverProfiles.map(({ name, description }) => ({ name, description }))
}

/** @internal */
export function describeClock({ mock, clock }: AdminPlace): object {
  const { nowMs, isoTime } = mock.state(clock.nowMs())
  return { nowMs, isoTime, isPaused: clock.isPaused }
}

/** @internal */
export function pauseClock(place: AdminPlace): object {
  place.clock.pause()
  return describeClock(place)
}

/** @internal */
export function resumeClock(place: AdminPlace): object {
  place.clock.resume()
  return describeClock(place)
}

/** @internal */
export function advanceClock(place: AdminPlace, { body }: AdminRequest): object {
  place.clock.advance(readAdvance(readJson(body)))
  return describeClock(place)
}

function readAdvance(value: unknown): number {
  const schema = { type: 'object', properties: { ms: {} }, additionalProperties: false } as const
  checkSchema('body', value, schema)
  // The clock says what it takes; anything but a number is none.
  return isJsonObject(value) && typeof value['ms'] === 'number' ? value['ms'] : NaN
}

/** @internal */
export async function describeMetrics({
  mock,
  clock,
  tally,
  loadPromClient,
}: AdminPlace): Promise<AdminAnswer> {
  const metrics = await renderMetrics(tally, mock.state(clock.nowMs()), loadPromClient)
  if (metrics !== undefined) return new AdminAnswer(200, metrics.type, metrics.body)
  const error = { message: NEEDS_PROM_CLIENT, type: 'not_implemented', param: null, code: null }
  return new AdminAnswer(501, 'application/json; charset=utf-8', JSON.stringify({ error }))
}
