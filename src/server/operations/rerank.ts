/**
 * `POST /v1/rerank`: documents in the order of a score that depends on the model, the query and the text alone.
 */

import { createSeededRandom } from '../../core/random.ts'
import {
  isDeeperThan,
  isJsonObject,
  itemsOf,
  numberOf,
  textOf,
  type BodyRules,
  type JsonObject,
} from './body-rules.ts'
import { tokensOf } from './reply.ts'
import { formatUsage } from './completion-parts.ts'
import type { Operation, TokenUsage } from './operation.ts'

const DOCUMENTS_MAX = 10_000
/** Documents that are objects are ranked as JSON, which the stack sets a bound to. */
const DOCUMENT_DEPTH_MAX = 64

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['query', { kind: 'string', isRequired: true }],
  [
    'documents',
    { kind: 'array', isRequired: true, min: 1, max: DOCUMENTS_MAX, check: checkDocuments },
  ],
  ['top_n', { kind: 'whole', min: 0 }],
  ['return_documents', { kind: 'boolean' }],
  ['rank_fields', { kind: 'array', check: checkFields }],
]

/** Ranks documents. @internal */
export const createRerank: Operation = {
  endpoint: 'rerank',
  rules,
  model: { field: 'model', types: ['rerank'] },
  countTokens: ({ body }) => usageOf(body, textsOf(body)),
  act: ({ body, model }, { nextId }) => {
    const texts = textsOf(body)
    // One draw for all documents: a long query is then read once and not once a document.
    const question = scoreOf(`${model?.id}/${textOf(body, 'query')}`)
    const showsText = body['return_documents'] === true
    const results = texts
      .map((text, index) => ({
        index,
        relevance_score: scoreOf(`${question}/${text}`),
        document: showsText ? { text } : {},
      }))
      // Equal texts have equal scores: they keep their order.
      .toSorted((left, right) => right.relevance_score - left.relevance_score)
      .slice(0, numberOf(body, 'top_n') ?? Infinity)
    const usage = usageOf(body, texts)
    return {
      status: 200,
      usage,
      body:
        `{"id":"${nextId('rerank')}","object":"rerank","model":${model?.idJson},` +
        `"results":${JSON.stringify(results)},"usage":${formatUsage(usage)}}`,
    }
  },
}

function checkDocuments(value: unknown): string | undefined {
  const documents: readonly unknown[] = Array.isArray(value) ? value : []
  if (documents.every((document) => typeof document === 'string')) return undefined
  if (!documents.every(isJsonObject)) return 'must hold strings only or objects only'
  const isDeep = documents.some((document) => isDeeperThan(document, DOCUMENT_DEPTH_MAX))
  return isDeep ? `must not be nested deeper than ${DOCUMENT_DEPTH_MAX} levels` : undefined
}

function checkFields(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string')
  return isList ? undefined : 'must be an array of strings'
}

/** The texts that are ranked: of an object, its fields as JSON. */
function textsOf(body: JsonObject): readonly string[] {
  const fields =
    (body['rank_fields'] ?? undefined) === undefined
      ? undefined
      : new Set(itemsOf(body, 'rank_fields'))
  return itemsOf(body, 'documents').map((document) => {
    if (!isJsonObject(document)) return String(document)
    const entries = Object.entries(document)
    const ranked = fields === undefined ? entries : entries.filter(([name]) => fields.has(name))
    return JSON.stringify(Object.fromEntries(ranked))
  })
}

function scoreOf(text: string): number {
  return createSeededRandom(0, text).next()
}

function usageOf(body: JsonObject, texts: readonly string[]): TokenUsage {
  const query = tokensOf(textOf(body, 'query').length)
  const promptTokens = texts.reduce((sum, text) => sum + query + tokensOf(text.length), 0)
  return { promptTokens, completionTokens: 0 }
}
