/**
 * Sends the handler's answer to the client the way it says: at once, late, in pieces, in half or not at all.
 *
 * All waiting is done with the injected clock, and all of it ends when the client leaves or the app is closed.
 */

import type { FastifyReply } from 'fastify'
import type { Clock } from '../../core/clock.ts'
import type { MockResponse, MockStream } from '../contract.ts'

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
  else if (truncate === true) sendHalf(response, reply)
}

function sendWhole({ status, headers, body, bytes }: MockResponse, reply: FastifyReply): void {
  reply
    .code(status)
    .headers(headers)
    .send(bytes ?? body)
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
  const count = Math.min(parts.length, delivery.cutAfterParts ?? Infinity)
  const isWhole = count === parts.length
  raw.writeHead(status, headers)
  // Headers leave also where the first part is cut off.
  raw.flushHeaders()
  const end = (): void => {
    if (isWhole) raw.end()
    else raw.write('', () => raw.socket?.destroySoon())
  }
  const sendFrom = (index: number): void => {
    if (partDelayMs === 0) {
      raw.write(parts.slice(index, count).join(''))
      return end()
    }
    if (index < count) raw.write(parts[index])
    if (index + 1 >= count) return end()
    wait(place, reply, partDelayMs, () => sendFrom(index + 1))
  }
  sendFrom(0)
}

/** Announces the whole body, sends the first half and ends the connection. */
function sendHalf(response: MockResponse, reply: FastifyReply): void {
  const { status, headers, body, bytes, stream } = response
  const whole = Buffer.from(bytes ?? stream?.parts.join('') ?? body)
  reply.raw.writeHead(status, { ...headers, 'content-length': String(whole.length) })
  reply.raw.write(whole.subarray(0, whole.length >> 1), () => endConnection(response, reply))
}

/** Closes the connection, or resets it where the answer says so. */
function endConnection({ delivery }: MockResponse, reply: FastifyReply): void {
  const { socket } = reply.raw
  if (delivery.reset === true) socket?.resetAndDestroy()
  else if (delivery.truncate === true) socket?.destroySoon()
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
