/**
 * Sends the handler's answer to the client the way it says: at once, late, in pieces, in half or not at all.
 *
 * All waiting is done with the injected clock, and all of it ends when the client leaves or the app is closed.
 */

import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import type { Clock } from '../../core/clock.ts'
import type { MockResponse, MockStream } from '../contract.ts'
import { endSoon } from './outbox.ts'

/** What delivering needs. @internal */
export interface DeliveryPlace {
  readonly clock: Clock
  /** Cancels everything that waits: what is to be called when the app is closed. */
  readonly waits: Set<() => void>
}

/** Delivers an answer. @internal */
export function deliver(response: MockResponse, reply: FastifyReply, place: DeliveryPlace): void {
  const { delayMs } = response.delivery
  if (delayMs > 0) wait(place, reply, delayMs, () => send(response, reply, place))
  else send(response, reply, place)
}

function send(response: MockResponse, reply: FastifyReply, place: DeliveryPlace): void {
  const { drop, hang, truncate } = response.delivery
  if (drop === undefined && hang === undefined && truncate === undefined) {
    if (response.stream === undefined) sendWhole(response, reply)
    else sendStream(response, response.stream, reply, place)
    return
  }
  // From here on fastify must not touch the connection.
  reply.hijack()
  if (drop !== undefined) endConnection(response, reply)
  else if (truncate === true) sendHalf(response, reply, place)
}

/** Past fastify, which has nothing to add to a whole answer but time: no schema, no header of its own. */
function sendWhole({ status, headers, body, bytes }: MockResponse, reply: FastifyReply): void {
  const content = bytes ?? body
  const length = Buffer.byteLength(content)
  headers['content-length'] = String(length)
  // Before the reply is taken from fastify, which answers 500 where Node refuses a header.
  reply.raw.writeHead(status, headers)
  reply.hijack()
  // Nearly all answers are ASCII, which is Latin-1 too, and Node writes that without looking at each character.
  endSoon(reply.raw, content, length === content.length ? 'latin1' : 'utf8')
}

/** The first part goes with the headers, each further one a delay later; without a delay all go together. */
function sendStream(
  { status, headers, delivery }: MockResponse,
  { parts, partDelayMs }: MockStream,
  reply: FastifyReply,
  place: DeliveryPlace,
): void {
  reply.hijack()
  const { raw } = reply
  const sent = parts.slice(0, delivery.cutAfterParts ?? parts.length)
  raw.writeHead(status, headers)
  // Headers leave also where the first part is cut off.
  raw.flushHeaders()
  const pieces = partDelayMs > 0 ? sent : [sent.join('')]
  sendPieces({ pieces, partDelayMs }, reply, place, () => {
    if (sent.length === parts.length) raw.end()
    else raw.write('', () => raw.socket?.destroySoon())
  })
}

interface TimedPieces {
  readonly pieces: readonly (string | Uint8Array)[]
  readonly partDelayMs: number
}

/**
 * Sends each piece at its instant, counted from the first: timers fire late, and lateness must not add up. What has
 * fallen due meanwhile goes together.
 */
function sendPieces(
  { pieces, partDelayMs }: TimedPieces,
  reply: FastifyReply,
  place: DeliveryPlace,
  end: () => void,
): void {
  const { clock } = place
  const startMs = clock.now()
  let sentCount = 0
  const sendDue = (): void => {
    const passed = partDelayMs > 0 ? Math.floor((clock.now() - startMs) / partDelayMs) : Infinity
    // One more at least, also where the timer fired early or the quotient came out too small.
    const dueCount = Math.min(pieces.length, Math.max(sentCount, passed) + 1)
    for (const piece of pieces.slice(sentCount, dueCount)) reply.raw.write(piece)
    sentCount = dueCount
    if (sentCount === pieces.length) end()
    else wait(place, reply, startMs + sentCount * partDelayMs - clock.now(), sendDue)
  }
  sendDue()
}

/** Announces the whole body, sends the first half, a stream at its own pace, and ends the connection. */
function sendHalf(response: MockResponse, reply: FastifyReply, place: DeliveryPlace): void {
  const { status, headers, body, bytes, stream } = response
  const parts = (stream?.parts ?? [bytes ?? body]).map((part) => Buffer.from(part))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  reply.raw.writeHead(status, { ...headers, 'content-length': String(length) })
  const half = { pieces: firstBytes(parts, length >> 1), partDelayMs: stream?.partDelayMs ?? 0 }
  sendPieces(half, reply, place, () => {
    reply.raw.write('', () => endConnection(response, reply))
  })
}

function firstBytes(parts: readonly Buffer[], length: number): readonly Buffer[] {
  const first: Buffer[] = []
  let left = length
  for (const part of parts) {
    if (left > 0) first.push(part.subarray(0, left))
    left -= part.length
  }
  return first
}

/** Closes the connection, or resets it where the answer says so. */
function endConnection({ delivery }: MockResponse, reply: FastifyReply): void {
  // What `inject` has in place of a socket can only be destroyed.
  const socket: (Pick<Socket, 'destroy'> & Partial<Socket>) | null = reply.raw.socket
  if (delivery.reset === true && socket?.resetAndDestroy !== undefined) socket.resetAndDestroy()
  else if (delivery.truncate === true && socket?.destroySoon !== undefined) socket.destroySoon()
  else socket?.destroy()
}

/** Calls back after the delay, unless the client leaves or the app is closed before. */
function wait(
  { clock, waits }: DeliveryPlace,
  reply: FastifyReply,
  delayMs: number,
  callback: () => void,
): void {
  const cancelTimer = clock.setTimer(() => {
    waits.delete(cancel)
    reply.raw.off('close', cancel)
    callback()
  }, delayMs)
  const cancel = (): void => {
    waits.delete(cancel)
    cancelTimer()
  }
  waits.add(cancel)
  reply.raw.once('close', cancel)
}
