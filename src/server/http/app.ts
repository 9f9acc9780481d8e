/**
 * The mock over HTTP: a fastify app that hands every request to the handler and delivers what it says.
 *
 * Delays, dying connections and silences are made here, with an injected clock; what to answer is decided elsewhere.
 */

import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { systemClock, type Clock } from '../../core/clock.ts'
import { requireWhole } from '../options.ts'
import { deliver } from './deliver.ts'
import { formatProblem, problemForStatus } from '../operations/problems.ts'
import type { FastifyRequest } from 'fastify'
import type { MockRequest } from '../contract.ts'
import type { MockTogether } from '../handler.ts'

/** Settings of the HTTP shell. @public */
export interface MockAppOptions {
  /** Largest request body in bytes; more is answered with 413. @defaultValue 16_777_216 */
  readonly bodyLengthMax?: number
  /** Drives the delays, and the handler's time, which begins at zero now. @defaultValue systemClock */
  readonly clock?: Clock
}

const BODY_LENGTH_MAX = 16_777_216

/**
 * Makes an app that is not listening yet: `inject` or `listen` as with any fastify app; `close` also ends answers that
 * were delayed or withheld.
 *
 * @throws {InvalidOptionError} Where an option cannot be used.
 * @public
 */
export function createMockApp(mock: MockTogether, options: MockAppOptions = {}): FastifyInstance {
  const { bodyLengthMax = BODY_LENGTH_MAX, clock = systemClock } = options
  requireWhole('bodyLengthMax', bodyLengthMax, [1, Number.MAX_SAFE_INTEGER])
  const app = fastify({
    bodyLimit: bodyLengthMax,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => sendError(error, reply),
  })
  const startMs = clock.now()
  const place = { clock, waits: new Set<() => void>() }
  // Returns nothing: to fastify a returned reply is a promise, and watching it costs more than most of what is done here.
  const answer = (request: FastifyRequest, reply: FastifyReply): void => {
    const response = mock.handle(toMockRequest(request), clock.now() - startMs)
    deliver(response, reply, place)
  }
  acceptAnyBody(app)
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(error, reply))
  // The busiest two by themselves: fastify finds a path that is written out sooner than one that fits everything.
  for (const path of ['/v1/chat/completions', '/v1/embeddings']) app.post(path, answer)
  app.all('/*', answer)
  // Methods that fastify has no routes for end up here.
  app.setNotFoundHandler(answer)
  app.addHook('preClose', (done) => {
    for (const cancel of place.waits) cancel()
    done()
  })
  return app
}

/** Bodies are the handler's business, whatever they call themselves. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // fastify remembers which parser is for JSON, while it looks for that of `*` anew with each request.
  for (const type of ['application/json', '*']) {
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
  }
}

function toMockRequest(request: FastifyRequest): MockRequest {
  const { method, url, headers, body } = request
  const { authorization } = headers
  const fault = headers['x-mock-fault']
  const known =
    typeof fault === 'string' ? { authorization, 'x-mock-fault': fault } : { authorization }
  // Written out: a spread here takes more than twice as long as the handler does for a whole request.
  if (typeof body === 'string') return { method, path: url, headers: known, body }
  return { method, path: url, headers: known }
}

function sendError(error: FastifyError, reply: FastifyReply): void {
  const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500
  const body = formatProblem(problemForStatus(status), undefined)
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}
