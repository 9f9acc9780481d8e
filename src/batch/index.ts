/**
 * `together-rate-limits/batch`: work that takes hours, through the limiter and the retry: corpora of
 * embeddings, requests of any kind, and batches.
 */
export { batchEmbedDocuments, embedDocuments } from './embed/embed-documents.ts'
export type { EmbeddedText, TextSource, VectorOf } from './embed/embed-documents.ts'
export { embedDefaults } from './embed/options.ts'
export type { EmbedOptions, VectorFormat } from './embed/options.ts'
export { iterateBatch, runBatch } from './jobs/run-batch.ts'
export type { BatchResult } from './jobs/run-batch.ts'
export type { BatchReport, BatchSummary } from './jobs/batch-run.ts'
export type { BatchCost } from './jobs/cost.ts'
export type { BatchEnding } from './jobs/flight.ts'
export type { BatchJournal, BatchJournalEntry } from './jobs/journal.ts'
export { batchDefaults } from './jobs/options.ts'
export type { BatchProgress, BatchRunOptions } from './jobs/options.ts'
export type { BatchOutcome } from './jobs/outcome.ts'
export { iterateRequests, runRequests } from './requests/run-requests.ts'
export type { RequestRunOptions, RequestSource, RunRequest } from './requests/options.ts'
export type { RequestFailure, RunOutcome } from './requests/send-request.ts'
export type { RunProgress } from './progress.ts'
export { runDefaults } from './run-options.ts'
export type { RunOptions } from './run-options.ts'
export type { ApiOptions } from './api.ts'
