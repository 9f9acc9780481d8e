/**
 * Puts the admin API beside the mock's own paths: without a key, without limits, and out of the journal.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOptionError } from '../../core/errors.ts'
import { formatProblem, notFound, badRequest, type Problem } from '../operations/problems.ts'
import { findAccessProblem, type AdminAccess } from './access.ts'
import { loadPromClient as loadInstalled, type LoadPromClient } from './metrics.ts'
import { RequestTally } from './request-tally.ts'
import { AdminAnswer, type AdminPlace } from './admin-route.ts'
import { adminRoutes, describeAdmin } from './routes.ts'
import type { MockTogether } from '../handler.ts'
import type { MockClock } from '../mock-clock.ts'

/** Where the admin API begins. @internal */
export const ADMIN_PATH = '/__admin'

/** What the admin API needs. @internal */
export interface AdminOptions {
  readonly mock: MockTogether
  readonly clock: MockClock
  readonly access: AdminAccess
  /** @defaultValue the installed prom-client */
  readonly loadPromClient?: LoadPromClient
}

const BODY_LENGTH_MAX = 1_048_576
const JSON_TYPE = 'application/json; charset=utf-8'

/** Adds the admin API to an app that is not yet listening. It sees every request from now on. @internal */
export function registerAdmin(app: FastifyInstance, options: AdminOptions): void {
  const { mock, clock, access, loadPromClient = loadInstalled } = options
  const place = { mock, clock, tally: new RequestTally(), loadPromClient }
  mock.onRecord = (record) => place.tally.add(record)
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refusal = refuseAccess(request, access)
    const { status, type, body, allow } = refusal ?? (await answerAdmin(request, place))
    if (allow !== undefined) reply.header('allow', allow)
    return reply.code(status).header('content-type', type).send(body)
  }
  app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      const parsing = { parseAs: 'string', bodyLimit: BODY_LENGTH_MAX } as const
      scope.addContentTypeParser('*', parsing, (_request, body, done) => done(null, body))
      scope.all('/', answer)
      scope.all('/*', answer)
      // Methods that fastify has no routes for.
      scope.setNotFoundHandler(answer)
    },
    { prefix: ADMIN_PATH },
  )
}

interface SentAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly allow?: string
}

function refuseAccess({ headers }: FastifyRequest, access: AdminAccess): SentAnswer | undefined {
  const { host, origin } = headers
  const message = findAccessProblem({ host, origin, fetchSite: headers['sec-fetch-site'] }, access)
  return message === undefined
    ? undefined
    : refuse({ status: 403, message, type: 'invalid_request_error' })
}

async function answerAdmin(request: FastifyRequest, place: AdminPlace): Promise<SentAnswer> {
  const [fullPath, search] = splitOnce(request.url, '?')
  // With a slash at the end or without one.
  const path = fullPath.slice(ADMIN_PATH.length).replace(/\/$/, '')
  const atPath = adminRoutes.filter((route) => route.path === path)
  if (!fullPath.startsWith(ADMIN_PATH) || atPath.length === 0) return refusePath()
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = atPath.find((other) => other.method === method)
  if (route === undefined) return refuseMethod(atPath.map((other) => other.method))
  const body = typeof request.body === 'string' ? request.body : undefined
  try {
    const result = await route.act(place, { query: new URLSearchParams(search), body })
    if (result instanceof AdminAnswer) return result
    return { status: 200, type: JSON_TYPE, body: JSON.stringify(result) }
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    // Without what was received: it may hold a key.
    return refuse(badRequest(`${error.option}: expected ${error.expected}`, error.option))
  }
}

function refuse(problem: Problem): SentAnswer {
  return { status: problem.status, type: JSON_TYPE, body: formatProblem(problem, undefined) }
}

function refusePath(): SentAnswer {
  const { status, message, type, code } = notFound('there is nothing at this path', 'not_found')
  const error = { message, type, param: null, code }
  return { status, type: JSON_TYPE, body: JSON.stringify({ error, ...describeAdmin() }) }
}

function refuseMethod(methods: readonly string[]): SentAnswer {
  const allow = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ')
  const message = `this path takes ${allow}`
  return { ...refuse({ status: 405, message, type: 'invalid_request_error' }), allow }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
