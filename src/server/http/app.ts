/**
 * The mock over HTTP: a fastify app that hands every request to the handler and delivers what it says.
 *
 * Delays, dying connections and silences are made here, with an injected clock; what to answer is decided elsewhere.
 */

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  fastify,
  type ConnectionError,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify'
import { systemClock } from '../../core/clock.ts'
import { MockClock } from '../mock-clock.ts'
import { requireWhole } from '../options.ts'
import type { MockAppOptions } from './app-options.ts'
import { deliver } from './deliver.ts'
import { bodyOf, readBodies } from './read-bodies.ts'
import { formatProblem, problemForStatus } from '../operations/problems.ts'
import type { FastifyRequest } from 'fastify'
import type { MockRequest } from '../contract.ts'
import type { MockTogether } from '../handler.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
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
    frameworkErrors: (error, request, reply) => turnAway(error, request, reply),
    clientErrorHandler: answerNonsense,
  })
  const time = MockClock.over(clock)
  const place = { clock: time, waits: new Set<() => void>() }
  // Returns nothing: to fastify a returned reply is a promise, and watching it costs more than most of what is done here.
  const answer = (request: FastifyRequest, reply: FastifyReply): void => {
    const response = mock.handle(toMockRequest(request), time.nowMs())
    deliver(response, reply, place)
  }
  const turnAway = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { statusCode: status = 500 } = error
    if (status < 400 || status > 499) sendError(reply)
    else deliver(mock.turnAway(toMockRequest(request), status, time.nowMs()), reply, place)
  }
  readBodies(app)
  app.setErrorHandler(turnAway)
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

/** What must not happen; nothing of the error is told. */
function sendError(reply: FastifyReply): void {
  const body = formatProblem(problemForStatus(500), undefined)
  reply.code(500).header('content-type', JSON_TYPE).send(body)
}

/** What is no HTTP at all never becomes a request, and is answered in the same form all the same. */
function answerNonsense(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = nonsenseStatus[error.code] ?? 400
  const body = formatProblem(problemForStatus(status), undefined)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${JSON_TYPE}\r\n`
  const end = `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  socket.end(head + end)
}

/** By the code of Node's parser. */
const nonsenseStatus: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}
