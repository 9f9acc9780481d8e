/**
 * `together-rate-limits/batch`: work that takes hours, through the limiter and the retry: corpora of embeddings.
 */
export { batchEmbedDocuments, embedDocuments } from './embed/embed-documents.ts'
export type { EmbeddedText, TextSource, VectorOf } from './embed/embed-documents.ts'
export { embedDefaults } from './embed/options.ts'
export type { EmbedOptions, VectorFormat } from './embed/options.ts'
export type { EmbedProgress } from './embed/progress.ts'
export type { ApiOptions } from './api.ts'
