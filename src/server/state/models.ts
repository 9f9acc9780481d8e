/**
 * The models the mock knows.
 *
 * Names of real models, so that code under test need not be changed; nothing else about them is real.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { requireWhole } from '../options.ts'

/** What a model can do. @public */
export type MockModelType =
  | 'chat'
  | 'language'
  | 'code'
  | 'embedding'
  | 'image'
  | 'rerank'
  | 'moderation'

const modelTypes: readonly MockModelType[] = [
  'chat',
  'language',
  'code',
  'embedding',
  'image',
  'rerank',
  'moderation',
]

/** A model that the mock answers for. @public */
export interface MockModel {
  readonly id: string
  readonly type: MockModelType
  /** Tokens in and out together. @defaultValue 131_072 */
  readonly contextLength?: number
  /** Length of an embedding. @defaultValue 768 */
  readonly dimensions?: number
  /** US dollars for a million tokens, as the list of models shows them. @defaultValue 0 and 0 */
  readonly pricing?: MockPricing
}

/** What a model's tokens cost, in US dollars for a million. @public */
export interface MockPricing {
  readonly input: number
  readonly output: number
}

/** The models the mock knows unless told others. @public */
export const defaultModels: readonly MockModel[] = Object.freeze([
  { id: 'meta-llama/Llama-3.3-70B-Instruct-Turbo', type: 'chat' },
  { id: 'meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo', type: 'chat' },
  { id: 'Qwen/Qwen2.5-7B-Instruct-Turbo', type: 'chat', contextLength: 32_768 },
  { id: 'mistralai/Mixtral-8x7B-Instruct-v0.1', type: 'chat', contextLength: 32_768 },
  { id: 'deepseek-ai/DeepSeek-R1', type: 'chat', contextLength: 163_840 },
  { id: 'mistralai/Mixtral-8x7B-v0.1', type: 'language', contextLength: 32_768 },
  { id: 'togethercomputer/m2-bert-80M-8k-retrieval', type: 'embedding', contextLength: 8_192 },
  { id: 'BAAI/bge-base-en-v1.5', type: 'embedding' },
  { id: 'intfloat/multilingual-e5-large-instruct', type: 'embedding', dimensions: 1_024 },
  // Not a real one: vectors so short that a million of them are quickly made.
  { id: 'mock/embed-32', type: 'embedding', dimensions: 32 },
  { id: 'black-forest-labs/FLUX.1-schnell', type: 'image' },
  { id: 'black-forest-labs/FLUX.1-dev', type: 'image' },
  { id: 'black-forest-labs/FLUX.1-kontext-pro', type: 'image' },
  { id: 'Salesforce/Llama-Rank-V1', type: 'rerank', contextLength: 8_192 },
  { id: 'Meta-Llama/Llama-Guard-7b', type: 'moderation', contextLength: 4_096 },
] as const)

/** The longest name of a model: many of an answer's parts may repeat it. @internal */
export const MODEL_NAME_LENGTH_MAX = 256

/** A model with its defaults filled in and its name as JSON, ready to be pasted into answers. @internal */
export interface CatalogueModel {
  readonly id: string
  readonly idJson: string
  readonly type: MockModelType
  readonly contextLength: number
  readonly dimensions: number
  readonly pricing: MockPricing
}

/** The models by name. @internal */
export type Catalogue = ReadonlyMap<string, CatalogueModel>

/** @throws {InvalidOptionError} Naming the model and the field. @internal */
export function createCatalogue(models: readonly MockModel[]): Catalogue {
  const catalogue = new Map<string, CatalogueModel>()
  for (const model of models) {
    if (!isName(model.id) || catalogue.has(model.id)) {
      const expected = `a unique, non-empty string of at most ${MODEL_NAME_LENGTH_MAX} characters`
      throw new InvalidOptionError('models id', model.id, expected)
    }
    if (!modelTypes.includes(model.type)) {
      const expected = `one of ${modelTypes.join(', ')}`
      throw new InvalidOptionError(`models ${model.id} type`, model.type, expected)
    }
    const complete = completeModel(model)
    const { contextLength, dimensions } = complete
    requireWhole(`models ${model.id} contextLength`, contextLength, [1, Number.MAX_SAFE_INTEGER])
    requireWhole(`models ${model.id} dimensions`, dimensions, [1, 65_536])
    for (const price of [complete.pricing.input, complete.pricing.output]) {
      if (typeof price === 'number' && price >= 0 && price < Infinity) continue
      throw new InvalidOptionError(`models ${model.id} pricing`, price, 'prices of at least 0')
    }
    catalogue.set(model.id, complete)
  }
  return catalogue
}

function isName(id: unknown): boolean {
  return typeof id === 'string' && id !== '' && id.length <= MODEL_NAME_LENGTH_MAX
}

/** Fills in what a model leaves open. @internal */
export function completeModel({
  id,
  type,
  contextLength = 131_072,
  dimensions = 768,
  pricing = { input: 0, output: 0 },
}: MockModel): CatalogueModel {
  return { id, idJson: JSON.stringify(id), type, contextLength, dimensions, pricing }
}
