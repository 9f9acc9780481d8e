/**
 * `together-rate-limits/batch`: work that takes hours, through the limiter and the retry: corpora of
 * embeddings, requests of any kind, and fine-tunes.
 */
export { batchEmbedDocuments, embedDocuments } from './embed/embed-documents.ts'
export type { EmbeddedText, TextSource, VectorOf } from './embed/embed-documents.ts'
export { embedDefaults } from './embed/options.ts'
export type { EmbedOptions, VectorFormat } from './embed/options.ts'
export { iterateRequests, runRequests } from './requests/run-requests.ts'
export type { RequestRunOptions, RequestSource, RunRequest } from './requests/options.ts'
export type { RequestFailure, RunOutcome } from './requests/send-request.ts'
export { createFineTuneQueue } from './fine-tunes/fine-tune-queue.ts'
export type { FineTuneQueue, FineTuneSnapshot } from './fine-tunes/fine-tune-queue.ts'
export { fineTuneDefaults } from './fine-tunes/options.ts'
export type { FineTuneQueueOptions } from './fine-tunes/options.ts'
export type { FineTuneJob, FineTuneRequest } from './fine-tunes/job.ts'
export type { FineTuneCallOptions } from './fine-tunes/task.ts'
export type { RunProgress } from './progress.ts'
export { runDefaults } from './run-options.ts'
export type { RunOptions } from './run-options.ts'
export type { ApiOptions } from './api.ts'
