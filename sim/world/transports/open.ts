/** Opens the transport of a name. */
import { DirectTransport } from './direct.ts'
import { HttpTransport } from './http.ts'
import { openInject } from './inject.ts'
import { openLoopback } from './loopback.ts'
import type { Transport, TransportName, TransportParts } from './transport.ts'

/** To be called while nothing of the run has happened yet: the server's time is 0. */
export async function openTransport(
  name: TransportName,
  parts: TransportParts,
): Promise<Transport> {
  if (name === 'direct') return new DirectTransport(parts.server)
  return HttpTransport.open(parts, name === 'inject' ? openInject : openLoopback)
}
