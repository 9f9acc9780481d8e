/**
 * What there is under `/__admin`. Nothing here knows of HTTP but methods and statuses.
 */

import {
  advanceClock,
  clearFaults,
  clearJournal,
  describeClock,
  describeFaults,
  describeMetrics,
  describeProfile,
  describeState,
  listProfiles,
  pauseClock,
  putFaults,
  putProfile,
  readJournal,
  reset,
  resumeClock,
} from './acts.ts'
import type { AdminRoute } from './admin-route.ts'

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
