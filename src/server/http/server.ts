/**
 * The mock as a running server: one call starts it on a free port, one call ends it.
 */

import { systemClock } from '../../core/clock.ts'
import { InvalidOptionError } from '../../core/errors.ts'
import type * as App from './app.ts'
import type { MockAppOptions } from './app-options.ts'
import { isLoopbackHost } from '../admin/access.ts'
import { ADMIN_PATH, registerAdmin } from '../admin/register-admin.ts'
import { checkSchema } from '../json-schema.ts'
import { MockClock, type MockClockControls } from '../mock-clock.ts'
import { requireWhole } from '../options.ts'
import { MockTogether, type MockState, type ServerProfile } from '../handler.ts'
import type { FaultRule, JournalEntry, MockTogetherOptions } from '../contract.ts'

/** Settings of a mock server that listens. @public */
export interface MockServerOptions extends MockTogetherOptions, MockAppOptions {
  /** Interface to listen on. @defaultValue '127.0.0.1', which other machines cannot reach */
  readonly host?: string
  /** 0 takes any free port. @defaultValue 0 */
  readonly port?: number
  /**
   * Whether there is an admin API under `/__admin`, which needs no key. On a loopback `host` it answers only requests
   * that name a loopback host, so that no web page reaches it by a name of its own (DNS rebinding).
   * @defaultValue whether `host` is a loopback name or address
   */
  readonly admin?: boolean
  /** Called with each handled request. It must not throw. */
  readonly onRequest?: (entry: JournalEntry) => void
}

/** A mock server that listens. @public */
export interface RunningMock {
  /** Where it listens, for example `http://127.0.0.1:49152`: without `/v1` and without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Where the admin API is, for example `http://127.0.0.1:49152/__admin`; undefined where it is off. */
  readonly adminUrl: string | undefined
  /** Ends all connections, also those whose answer is delayed or withheld, and frees the port. */
  close(): Promise<void>
  /** The newest requests, the oldest first. */
  journal(): readonly JournalEntry[]
  /** Empties the journal; totals and counts stay. */
  clearJournal(): void
  /** Who has used up what, and what is under way, now. */
  state(): MockState
  /** The fault plan in force. */
  faults(): readonly FaultRule[]
  /** Replaces the fault plan. @throws {InvalidOptionError} Naming the rule and the field. */
  setFaults(rules: readonly FaultRule[]): void
  /** What is enforced now. */
  readonly profile: ServerProfile
  /** Enforces another profile from now on; all counts begin at zero, jobs and files stay. @throws {InvalidOptionError} */
  setProfile(profile: ServerProfile): void
  /** Forgets counts, jobs, files, totals and the journal; profile and fault plan are those of the beginning again. */
  reset(): void
  /** The mock's time, which can be held still and moved on. */
  readonly clock: MockClockControls
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
  const {
    bodyLengthMax,
    uploadLengthMax,
    onRequest,
    admin: isAdminOn = isLoopbackHost(host),
    host: _host,
    port: _port,
    clock: _clock,
    ...rest
  } = options
  if (host === '') throw new InvalidOptionError('host', host, 'a name or address')
  if (onRequest !== undefined && typeof onRequest !== 'function') {
    throw new InvalidOptionError('onRequest', onRequest, 'a function')
  }
  requireWhole('port', port, [0, 65_535])
  checkSchema('admin', isAdminOn, { type: 'boolean' })
  const { createMockApp } = await loadApp()
  const time = new MockClock(clock)
  const mock = new MockTogether({ wallAtZeroMs: time.wallNow(), ...rest })
  mock.onRequest = onRequest
  const app = createMockApp(mock, {
    clock: time,
    ...(bodyLengthMax === undefined ? {} : { bodyLengthMax }),
    ...(uploadLengthMax === undefined ? {} : { uploadLengthMax }),
  })
  if (isAdminOn) {
    const access = isLoopbackHost(host) ? 'loopback' : 'any'
    registerAdmin(app, { mock, clock: time, access })
  }
  const url = await app.listen({ host, port })
  const controls = controlsOf(mock, time)
  return Object.assign(controls, {
    url,
    port: Number(new URL(url).port),
    adminUrl: isAdminOn ? url + ADMIN_PATH : undefined,
    close: () => app.close(),
  })
}

/** What a running mock has in common with its handler, at the time of its clock. */
function controlsOf(
  mock: MockTogether,
  time: MockClock,
): Omit<RunningMock, 'url' | 'port' | 'adminUrl' | 'close'> {
  return {
    journal: () => mock.journal(),
    clearJournal: () => mock.clearJournal(),
    state: () => mock.state(time.nowMs()),
    faults: () => mock.faults(),
    setFaults: (rules) => mock.setFaults(rules),
    get profile() {
      return mock.profile
    },
    setProfile: (profile) => mock.setProfile(profile),
    reset: () => mock.reset(),
    clock: time,
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
