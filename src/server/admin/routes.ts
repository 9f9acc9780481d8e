/**
 * What there is under `/__admin`, and what each path does. Nothing here knows of HTTP but methods and statuses.
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
  type MockTogether,
  type ServerProfile,
} from '../handler.ts'
import { isJsonObject } from '../operations/body-rules.ts'
import { redactKey } from '../state/journal.ts'
import { readJournalFilter } from './journal-filter.ts'
import { NEEDS_PROM_CLIENT, renderMetrics, type LoadPromClient } from './metrics.ts'
import { readJson } from './read-json.ts'
import type { MockClock } from '../mock-clock.ts'
import type { RequestTally } from './request-tally.ts'

/** What the admin API works on. @internal */
export interface AdminPlace {
  readonly mock: MockTogether
  readonly clock: MockClock
  readonly tally: RequestTally
  readonly loadPromClient: LoadPromClient
}

/** A request to the admin API. @internal */
export interface AdminRequest {
  readonly query: URLSearchParams
  readonly body: string | undefined
}

/** An answer that is not simply JSON with status 200. @internal */
export class AdminAnswer {
  readonly status: number
  readonly type: string
  readonly body: string

  constructor(status: number, type: string, body: string) {
    this.status = status
    this.type = type
    this.body = body
  }
}

/** One thing that can be asked for or done. @internal */
export interface AdminRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Behind `/__admin`. */
  readonly path: string
  readonly summary: string
  /** Returns what is answered as JSON. @throws {InvalidOptionError} Where what was sent cannot be used. */
  readonly act: (place: AdminPlace, request: AdminRequest) => unknown
}

/** All of them. @internal */
export const adminRoutes: readonly AdminRoute[] = Object.freeze([
  { method: 'GET', path: '', summary: 'this list', act: () => describeAdmin() },
  {
    method: 'GET',
    path: '/state',
    summary: 'time, profile, who has used up which limit and when it frees, jobs, faults, totals',
    act: describeState,
  },
  {
    method: 'GET',
    path: '/journal',
    summary:
      'the newest requests; filters: endpoint, status, model, key (its end), refusedBy, fault, fromMs, toMs, limit',
    act: readJournal,
  },
  { method: 'DELETE', path: '/journal', summary: 'empties the journal', act: clearJournal },
  {
    method: 'POST',
    path: '/reset',
    summary: 'forgets counts, jobs, files, totals and journal; profile and faults as at the start',
    act: reset,
  },
  { method: 'GET', path: '/faults', summary: 'the fault plan', act: describeFaults },
  { method: 'PUT', path: '/faults', summary: 'another fault plan: an array', act: putFaults },
  { method: 'DELETE', path: '/faults', summary: 'no faults', act: clearFaults },
  { method: 'GET', path: '/profile', summary: 'what is enforced', act: describeProfile },
  {
    method: 'PUT',
    path: '/profile',
    summary: 'another profile: {"name":"tier-1"}, or a whole one; all counts begin at zero',
    act: putProfile,
  },
  { method: 'GET', path: '/profiles', summary: 'profiles with a name', act: () => listProfiles() },
  { method: 'GET', path: '/clock', summary: 'the time of the mock', act: describeClock },
  { method: 'POST', path: '/clock/pause', summary: 'holds time', act: pauseClock },
  { method: 'POST', path: '/clock/resume', summary: 'lets time go on', act: resumeClock },
  {
    method: 'POST',
    path: '/clock/advance',
    summary: 'moves time on, held or not: {"ms":60000}; sends the delayed answers that become due',
    act: advanceClock,
  },
  { method: 'GET', path: '/metrics', summary: 'metrics for Prometheus', act: describeMetrics },
] as const)

/** The list of what there is. @internal */
export function describeAdmin(): { paths: readonly object[] } {
  const paths = adminRoutes.map(({ method, path, summary }) => ({
    method,
    path: `/__admin${path}`,
    summary,
  }))
  return { paths }
}

function describeState(place: AdminPlace): object {
  const { mock, clock } = place
  const state = mock.state(clock.nowMs())
  return { ...state, isPaused: clock.isPaused, faults: describeFaults(place) }
}

function readJournal({ mock, clock }: AdminPlace, { query }: AdminRequest): object {
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

function clearJournal({ mock }: AdminPlace): object {
  mock.clearJournal()
  return { journalLength: 0 }
}

function reset(place: AdminPlace): object {
  place.mock.reset()
  return describeState(place)
}

function describeFaults({ mock }: AdminPlace): readonly FaultRule[] {
  return mock.faults().map(redactRule)
}

function redactRule(rule: FaultRule): FaultRule {
  if (rule.match?.key === undefined) return rule
  return { ...rule, match: { ...rule.match, key: redactKey(rule.match.key) } }
}

function putFaults(place: AdminPlace, { body }: AdminRequest): readonly FaultRule[] {
  place.mock.setFaults(parseFaultRules(readJson(body)))
  return describeFaults(place)
}

function clearFaults(place: AdminPlace): readonly FaultRule[] {
  place.mock.setFaults([])
  return describeFaults(place)
}

function describeProfile({ mock }: AdminPlace): ServerProfile {
  return mock.profile
}

function putProfile({ mock }: AdminPlace, { body }: AdminRequest): ServerProfile {
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

function listProfiles(): readonly object[] {
  return serverProfiles.map(({ name, description }) => ({ name, description }))
}

function describeClock({ mock, clock }: AdminPlace): object {
  const { nowMs, isoTime } = mock.state(clock.nowMs())
  return { nowMs, isoTime, isPaused: clock.isPaused }
}

function pauseClock(place: AdminPlace): object {
  place.clock.pause()
  return describeClock(place)
}

function resumeClock(place: AdminPlace): object {
  place.clock.resume()
  return describeClock(place)
}

function advanceClock(place: AdminPlace, { body }: AdminRequest): object {
  place.clock.advance(readAdvance(readJson(body)))
  return describeClock(place)
}

function readAdvance(value: unknown): number {
  const schema = { type: 'object', properties: { ms: {} }, additionalProperties: false } as const
  checkSchema('body', value, schema)
  // The clock says what it takes; anything but a number is none.
  return isJsonObject(value) && typeof value['ms'] === 'number' ? value['ms'] : NaN
}

async function describeMetrics({
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
