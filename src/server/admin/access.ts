/**
 * Who may use the admin API: programs on this machine, and never a web page of somebody else.
 *
 * A page can send requests to any port of its visitor's machine. What it cannot do is choose the headers `origin` and
 * `sec-fetch-site`, nor, where its own name has been made to point at this machine (DNS rebinding), the header `host`.
 */

import { isIPv4 } from 'node:net'

/** `loopback`: only where the request names this machine by a loopback name. `any`: by whatever name. @internal */
export type AdminAccess = 'loopback' | 'any'

/** The headers that decide. @internal */
export interface AccessHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly fetchSite?: string | undefined
}

/** Why the request is turned away; undefined where it may pass. @internal */
export function findAccessProblem(headers: AccessHeaders, access: AdminAccess): string | undefined {
  const { host = '', origin, fetchSite } = headers
  if (access === 'loopback' && !isLoopbackHost(withoutPort(host))) {
    return 'the admin API answers only where the header host is localhost or a loopback address'
  }
  const isOwnOrigin = origin === undefined || /^https?:\/\/(.*)$/.exec(origin)?.[1] === host
  const isOwnSite = fetchSite === undefined || ['none', 'same-origin'].includes(fetchSite)
  return isOwnOrigin && isOwnSite ? undefined : 'the admin API answers no page of another origin'
}

/** True for names and addresses that only this machine can reach, an IPv6 address with or without its brackets. @internal */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  const ipv4 = name.replace(/^::ffff:/, '')
  // Never by its beginning alone: `127.0.0.1.example.com` is a name like any other.
  if (isIPv4(ipv4)) return ipv4.startsWith('127.')
  return name === 'localhost' || name === '::1'
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '')
}
