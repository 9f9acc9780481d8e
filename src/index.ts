/**
 * `together-rate-limits`: the limiter, the retry, the fetch of both, and what they take and throw.
 *
 * Every name is listed, so that a change of the public face shows in a diff. The mock server is a subpath of its own:
 * it needs fastify, and nobody who only limits should.
 */
export { systemClock } from './core/clock.ts'
export type { Clock } from './core/clock.ts'
export { createSeededRandom, systemRandom } from './core/random.ts'
export type { Random } from './core/random.ts'
export { documentedProfile, dynamicProfile, endpointClasses } from './core/profile.ts'
export type {
  AdaptiveLimit,
  BatchLimits,
  ConcurrencyLimit,
  DynamicProfileOptions,
  EndpointClass,
  Profile,
  RateLimit,
  TokenAccounting,
} from './core/profile.ts'
export { providerProfile } from './core/provider-profiles.ts'
export type { Provider, ProviderLimits } from './core/provider-profiles.ts'
export { tierProfile } from './core/tier-profiles.ts'
export type { Tier } from './core/tier-profiles.ts'
export {
  ClosedError,
  CostTooLargeError,
  DeadlineError,
  FineTuneError,
  InvalidOptionError,
  InvariantError,
  isFineTuneError,
  isPartialResultError,
  isRateLimitsError,
  isRetriesExhaustedError,
  isRunStoppedError,
  LimitExceededError,
  PartialResultError,
  QueueFullError,
  RateLimitsError,
  RetriesExhaustedError,
  RunStoppedError,
} from './core/errors.ts'
export type { FineTuneReason } from './core/error-texts.ts'
export type { ErrorCode, GiveUpReason, ItemFailure, StopReason } from './core/errors.ts'
export {
  batchDefaults,
  batchEmbedDocuments,
  createFineTuneQueue,
  embedDefaults,
  embedDocuments,
  fineTuneDefaults,
  iterateBatch,
  iterateRequests,
  runBatch,
  runDefaults,
  runRequests,
} from './batch/index.ts'
export type {
  ApiOptions,
  BatchCost,
  BatchEnding,
  BatchJournal,
  BatchJournalEntry,
  BatchOutcome,
  BatchProgress,
  BatchReport,
  BatchResult,
  BatchRunOptions,
  BatchSummary,
  EmbeddedText,
  EmbedOptions,
  FineTuneCallOptions,
  FineTuneJob,
  FineTuneQueue,
  FineTuneQueueOptions,
  FineTuneRequest,
  FineTuneSnapshot,
  RequestFailure,
  RequestRunOptions,
  RequestSource,
  RunOptions,
  RunOutcome,
  RunProgress,
  RunRequest,
  TextSource,
  VectorFormat,
  VectorOf,
} from './batch/index.ts'
export { eventTypes } from './core/events.ts'
export type {
  EventListener,
  EventOrigin,
  EventType,
  GaveUpEvent,
  GrantedEvent,
  LeaveReason,
  LeftEvent,
  LimitedEvent,
  PausedEvent,
  QueuedEvent,
  RateLimitEvent,
  RetriedEvent,
  RetryReason,
  SettledEvent,
} from './core/events.ts'
export type { RetryCounters } from './core/observation.ts'
export {
  createRateLimitedFetch,
  estimateTokens,
  fetchDefaults,
  rateLimited,
} from './fetch/index.ts'
export type {
  FinalFailure,
  RateLimitedClientOptions,
  RateLimitedFetchOptions,
  StartedJob,
} from './fetch/index.ts'
export { limiterDefaults, TogetherRateLimiter } from './limiter/index.ts'
export type {
  AcquireRequest,
  LimiterCounters,
  LimiterOptions,
  LimiterSnapshot,
  Pacing,
  PauseRequest,
  Permit,
  RateHeaderUse,
  RequestOutcome,
  TryAcquireResult,
} from './limiter/index.ts'
export {
  createRetryBudget,
  RetryBudget,
  retryBudgetDefaults,
  retryDefaults,
  togetherRetry,
} from './retry/index.ts'
export type {
  AttemptContext,
  RetryAcquireRequest,
  RetryBudgetOptions,
  RetryLimiter,
  RetryOptions,
} from './retry/index.ts'
