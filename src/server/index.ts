/**
 * `together-rate-limits/server`: a mock Together server, as a library. Needs fastify; the handler alone does not, and can
 * be imported from `handler.ts` within this project.
 */

export { createMockApp, type MockAppOptions } from './app.ts'
export { createMockTogether, type MockServerOptions, type RunningMock } from './server.ts'
export {
  defaultModels,
  documentedServerProfile,
  mockTogetherDefaults,
  MockTogether,
  parseFaultRules,
  serverEndpoints,
  type Delivery,
  type Enforcement,
  type FaultAction,
  type FaultHint,
  type FaultHintHeader,
  type FaultMatch,
  type FaultRule,
  type JournalEntry,
  type MockModel,
  type MockModelType,
  type MockRequest,
  type MockResponse,
  type MockTogetherOptions,
  type RangeMs,
  type ServerConcurrencyLimit,
  type ServerEndpoint,
  type ServerProfile,
  type ServerRateLimit,
} from './handler.ts'
