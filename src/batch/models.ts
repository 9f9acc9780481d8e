/**
 * Which models there are, asked once for a run, and which of them somebody may have meant.
 */
import type { ApiAnswer } from './api.ts'

const nearestCount = 3

/** The models of an API, as far as they are known. @internal */
export class ModelCatalogue {
  readonly #ask: () => Promise<ApiAnswer>
  #loading: Promise<ReadonlySet<string> | undefined> | undefined

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
    const ids = await this.#loading
    return ids === undefined || ids.has(model) ? undefined : nearestNames(model, [...ids])
  }

  async #load(): Promise<ReadonlySet<string> | undefined> {
    const { status, text } = await this.#ask()
    const ids = status === 200 ? readIds(text) : []
    // A server without such a list, or in trouble: the requests themselves will show.
    return ids.length === 0 ? undefined : new Set(ids)
  }
}

/** Together sends a list, OpenAI an object with one. */
function readIds(text: string): readonly string[] {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return []
  }
  const list =
    typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : answer
  if (!Array.isArray(list)) return []
  return list.map(readId).filter((id) => id !== undefined)
}

function readId(entry: unknown): string | undefined {
  const hasId = typeof entry === 'object' && entry !== null && 'id' in entry
  return hasId && typeof entry.id === 'string' ? entry.id : undefined
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
