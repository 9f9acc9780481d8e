/**
 * Which models there are, asked once for a run, and which of them somebody may have meant.
 */
import type { ApiAnswer } from './api.ts'

const nearestCount = 3

/** What a model's tokens cost, in US dollars for a million. @internal */
export interface ModelPrice {
  readonly input: number
  readonly output: number
}

/** The models of a list; those without a price have undefined. */
type Models = ReadonlyMap<string, ModelPrice | undefined>

/** The models of an API, as far as they are known. @internal */
export class ModelCatalogue {
  readonly #ask: () => Promise<ApiAnswer>
  #loading: Promise<Models | undefined> | undefined

  /** @param ask - Gets the list. */
  constructor(ask: () => Promise<ApiAnswer>) {
    this.#ask = ask
  }

  /**
   * Looks a model up; the first call asks the server.
   *
   * @returns The nearest names where there is no such model; undefined where there is, or where the server does not say.
   */
  async findMissing(model: string): Promise<readonly string[] | undefined> {
    this.#loading ??= this.#load()
    const models = await this.#loading
    if (models === undefined || models.has(model)) return undefined
    return nearestNames(model, [...models.keys()])
  }

  /** Undefined where the server names none. */
  async priceOf(model: string): Promise<ModelPrice | undefined> {
    this.#loading ??= this.#load()
    return (await this.#loading)?.get(model)
  }

  async #load(): Promise<Models | undefined> {
    const { status, text } = await this.#ask()
    const models = status === 200 ? readModels(text) : []
    // A server without such a list, or in trouble: the requests themselves will show.
    return models.length === 0 ? undefined : new Map(models)
  }
}

/** Together sends a list, OpenAI an object with one. */
function readModels(text: string): readonly [string, ModelPrice | undefined][] {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return []
  }
  const list =
    typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : answer
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown) => {
    const hasId = typeof entry === 'object' && entry !== null && 'id' in entry
    if (!hasId || typeof entry.id !== 'string') return []
    return [[entry.id, 'pricing' in entry ? readPrice(entry.pricing) : undefined]]
  })
}

/** Two zeros are what Together lists for models that are not sold by tokens. */
function readPrice(pricing: unknown): ModelPrice | undefined {
  if (typeof pricing !== 'object' || pricing === null) return undefined
  if (!('input' in pricing) || !('output' in pricing)) return undefined
  const { input, output } = pricing
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  return input >= 0 && output >= 0 && input + output > 0 ? { input, output } : undefined
}

/** The names that take the fewest changes, the nearest first. Pure. @internal */
export function nearestNames(name: string, names: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase()
  return names
    .map((other) => ({ other, changes: countChanges(wanted, other.toLowerCase()) }))
    .toSorted((one, two) => one.changes - two.changes || (one.other < two.other ? -1 : 1))
    .slice(0, nearestCount)
    .map(({ other }) => other)
}

/** Levenshtein's distance, row by row (Wagner and Fischer, 1974). */
function countChanges(source: string, target: string): number {
  let row = Array.from({ length: target.length + 1 }, (_, index) => index)
  for (let at = 1; at <= source.length; at += 1) {
    const next = [at]
    for (let other = 1; other <= target.length; other += 1) {
      const isSame = source[at - 1] === target[other - 1]
      const replaced = (row[other - 1] ?? 0) + (isSame ? 0 : 1)
      const removed = (row[other] ?? 0) + 1
      const added = (next[other - 1] ?? 0) + 1
      next.push(Math.min(replaced, removed, added))
    }
    row = next
  }
  return row[target.length] ?? 0
}
