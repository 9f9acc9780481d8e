/**
 * `together-rate-limits/server`: a mock Together server, as a library. `createMockTogether` needs fastify, an optional peer
 * dependency; the handler `MockTogether` does not.
 */

export { createMockTogether, type MockServerOptions, type RunningMock } from './http/server.ts'
export type { MockClockControls } from './mock-clock.ts'
export {
  defaultModels,
  documentedServerProfile,
  findServerProfile,
  mockTogetherDefaults,
  MockTogether,
  parseFaultRules,
  parseServerProfile,
  serverEndpoints,
  serverProfiles,
  type Delivery,
  type Enforcement,
  type FaultAction,
  type FaultHint,
  type FaultHintHeader,
  type FaultMatch,
  type FaultRule,
  type HintNonsense,
  type JournalEntry,
  type MalformedForm,
  type MockForm,
  type MockJobCount,
  type MockLimitUse,
  type MockModel,
  type MockModelType,
  type MockRequest,
  type MockResponse,
  type MockState,
  type MockStream,
  type MockTogetherOptions,
  type MockTotals,
  type RangeMs,
  type ServerConcurrencyLimit,
  type ServerDynamicRule,
  type ServerEndpoint,
  type ServerHeaderPlan,
  type ServerProfile,
  type ServerRateHeader,
  type ServerRateLimit,
  type TokenAccounting,
} from './handler.ts'
