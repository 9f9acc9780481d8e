/** Opens the transport of a name. */
import { DirectTransport } from './direct.ts'
import { HttpTransport, type OpenWire } from './http.ts'
import type { Transport, TransportName, TransportParts } from './transport.ts'

const openers = new Map<TransportName, OpenWire>()

/**
 * Loads what a transport needs, which takes longer than many a run: fastify, for those that go by HTTP. To be called
 * before virtual time is installed, since what it loads keeps the host's timers.
 */
export async function loadTransport(name: TransportName): Promise<void> {
  if (name === 'inject') openers.set(name, (await import('./inject.ts')).openInject)
  if (name === 'loopback') openers.set(name, (await import('./loopback.ts')).openLoopback)
}

/**
 * To be called while nothing of the run has happened yet: the server's time is 0.
 *
 * @throws {Error} Where the transport has not been loaded.
 */
export async function openTransport(
  name: TransportName,
  parts: TransportParts,
): Promise<Transport> {
  if (name === 'direct') return new DirectTransport(parts.server)
  const openWire = openers.get(name)
  if (openWire === undefined) throw new Error(`the transport ${name} has not been loaded`)
  return HttpTransport.open(parts, openWire)
}
