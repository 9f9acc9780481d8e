/**
 * The mock over HTTP: a fastify app that hands every request to the handler and delivers what it says.
 *
 * Delays, dying connections and silences are made here, with an injected clock; what to answer is decided elsewhere.
 */

import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { systemClock, type Clock } from '../../core/clock.ts'
import { MockClock } from '../mock-clock.ts'
import { requireWhole } from '../options.ts'
import { deliver } from './deliver.ts'
import { bodyOf, readBodies } from './read-bodies.ts'
import { formatProblem, problemForStatus } from '../operations/problems.ts'
import type { FastifyRequest } from 'fastify'
import type { MockRequest } from '../contract.ts'
import type { MockTogether } from '../handler.ts'

/** Settings of the HTTP shell. @public */
export interface MockAppOptions {
  /** Largest request body in bytes; more is answered with 413. @defaultValue 16_777_216 */
  readonly bodyLengthMax?: number
  /** Largest upload of a file in bytes, a form around it included. @defaultValue 134_217_728 */
  readonly uploadLengthMax?: number
  /** Drives the delays, and the handler's time, which begins at zero now. @defaultValue systemClock */
  readonly clock?: Clock
}

const BODY_LENGTH_MAX = 16_777_216
const UPLOAD_LENGTH_MAX = 134_217_728
const uploadPaths = ['/v1/files', '/v1/files/upload', '/v1/uploads/:id']

/**
 * Makes an app that is not listening yet: `inject` or `listen` as with any fastify app; `close` also ends answers that
 * were delayed or withheld.
 *
 * @throws {InvalidOptionError} Where an option cannot be used.
 * @public
 */
export function createMockApp(mock: MockTogether, options: MockAppOptions = {}): FastifyInstance {
  const { bodyLengthMax = BODY_LENGTH_MAX, uploadLengthMax = UPLOAD_LENGTH_MAX } = options
  const { clock = systemClock } = options
  requireWhole('bodyLengthMax', bodyLengthMax, [1, Number.MAX_SAFE_INTEGER])
  requireWhole('uploadLengthMax', uploadLengthMax, [1, Number.MAX_SAFE_INTEGER])
  const app = fastify({
    bodyLimit: bodyLengthMax,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => sendError(error, reply),
  })
  const time = MockClock.over(clock)
  const place = { clock: time, waits: new Set<() => void>() }
  // Returns nothing: to fastify a returned reply is a promise, and watching it costs more than most of what is done here.
  const answer = (request: FastifyRequest, reply: FastifyReply): void => {
    const response = mock.handle(toMockRequest(request), time.nowMs())
    deliver(response, reply, place)
  }
  readBodies(app)
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(error, reply))
  // The busiest two by themselves: fastify finds a path that is written out sooner than one that fits everything.
  for (const path of ['/v1/chat/completions', '/v1/embeddings']) app.post(path, answer)
  app.all('/*', answer)
  for (const url of uploadPaths) app.all(url, { bodyLimit: uploadLengthMax }, answer)
  // Methods that fastify has no routes for end up here.
  app.setNotFoundHandler(answer)
  app.addHook('preClose', (done) => {
    for (const cancel of place.waits) cancel()
    done()
  })
  return app
}

function toMockRequest(request: FastifyRequest): MockRequest {
  const { method, url, body } = request
  const { authorization, host } = request.headers
  const fault = request.headers['x-mock-fault']
  const headers =
    typeof fault === 'string'
      ? { authorization, host, 'x-mock-fault': fault }
      : { authorization, host }
  const { body: content, form } = bodyOf(body)
  if (form !== undefined) return { method, path: url, headers, form }
  return content === undefined
    ? { method, path: url, headers }
    : { method, path: url, headers, body: content }
}

function sendError(error: FastifyError, reply: FastifyReply): void {
  const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500
  const body = formatProblem(problemForStatus(status), undefined)
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}
