/**
 * `together-rate-limits/server`: a mock Together server, as a library. `createMockTogether` needs fastify, an optional peer
 * dependency; the handler `MockTogether` does not.
 */

export { createMockTogether, type MockServerOptions, type RunningMock } from './http/server.ts'
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
