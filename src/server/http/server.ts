/**
 * The mock as a running server: one call starts it on a free port, one call ends it.
 */

import { systemClock } from '../../core/clock.ts'
import type * as App from './app.ts'
import { requireWhole } from '../options.ts'
import { MockTogether } from '../handler.ts'
import type { FaultRule, JournalEntry, MockTogetherOptions } from '../contract.ts'

/** Settings of a mock server that listens. @public */
export interface MockServerOptions extends MockTogetherOptions, App.MockAppOptions {
  /** Interface to listen on. @defaultValue '127.0.0.1', which other machines cannot reach */
  readonly host?: string
  /** 0 takes any free port. @defaultValue 0 */
  readonly port?: number
  /** Called with each handled request. It must not throw. */
  readonly onRequest?: (entry: JournalEntry) => void
}

/** A mock server that listens. @public */
export interface RunningMock {
  /** Where it listens, for example `http://127.0.0.1:49152`: without `/v1` and without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Ends all connections, also those whose answer is delayed or withheld, and frees the port. */
  close(): Promise<void>
  /** The newest requests, the oldest first. */
  journal(): readonly JournalEntry[]
  /** Replaces the fault plan. @throws {InvalidOptionError} Naming the rule and the field. */
  setFaults(rules: readonly FaultRule[]): void
}

/**
 * Starts a mock Together server.
 *
 * Its time begins at zero when it is created, and its calendar at the clock's wall time unless `wallAtZeroMs` is given.
 *
 * @throws {InvalidOptionError} Where an option cannot be used.
 * @throws {Error} Where fastify is not installed.
 * @throws The host's own error where the port cannot be had.
 * @example
 * const mock = await createMockTogether({ port: 0 })
 * const response = await fetch(`${mock.url}/v1/models`, { headers: { authorization: 'Bearer key' } })
 * await mock.close()
 * @public
 */
export async function createMockTogether(options: MockServerOptions = {}): Promise<RunningMock> {
  const { host = '127.0.0.1', port = 0, clock = systemClock } = options
  const { bodyLengthMax, uploadLengthMax, onRequest, ...rest } = options
  requireWhole('port', port, [0, 65_535])
  const { createMockApp } = await loadApp()
  const mock = new MockTogether({ wallAtZeroMs: clock.wallNow(), ...rest })
  mock.onRequest = onRequest
  const app = createMockApp(mock, {
    clock,
    ...(bodyLengthMax === undefined ? {} : { bodyLengthMax }),
    ...(uploadLengthMax === undefined ? {} : { uploadLengthMax }),
  })
  const url = await app.listen({ host, port })
  return {
    url,
    port: Number(new URL(url).port),
    close: () => app.close(),
    journal: () => mock.journal(),
    setFaults: (rules) => mock.setFaults(rules),
  }
}

/** Loaded only when it is needed, so that the handler can be used where fastify is not installed. */
async function loadApp(): Promise<typeof App> {
  try {
    return await import('./app.ts')
  } catch (cause) {
    throw new Error('createMockTogether needs fastify: npm i fastify', { cause })
  }
}
