/**
 * Reads the answer of `POST /embeddings`. Pure.
 */
import type { VectorFormat } from './options.ts'

/** A vector, of the kind that was asked for. @public */
export type Vector = number[] | Float32Array

/**
 * The vectors in the order of the texts that were sent, each placed by its `index`.
 *
 * @returns Undefined where the answer is not one vector of one length for each text.
 * @internal
 */
export function readVectors(
  text: string,
  { count, format }: { count: number; format: VectorFormat },
): Vector[] | undefined {
  const data = readData(text)
  if (data?.length !== count) return undefined
  const vectors: (Vector | undefined)[] = Array.from({ length: count }, () => undefined)
  for (const entry of data) {
    const { index, embedding } = readEntry(entry)
    if (index === undefined || embedding === undefined || index >= count) return undefined
    if (vectors[index] !== undefined) return undefined
    vectors[index] = format === 'float32' ? Float32Array.from(embedding) : embedding
  }
  const whole = vectors.filter((vector) => vector !== undefined)
  return whole.every((vector) => vector.length === whole[0]?.length) ? whole : undefined
}

function readData(text: string): readonly unknown[] | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    const data = typeof answer === 'object' && answer !== null && 'data' in answer && answer.data
    return Array.isArray(data) ? data : undefined
  } catch {
    return undefined
  }
}

function readEntry(entry: unknown): { index?: number; embedding?: number[] } {
  if (typeof entry !== 'object' || entry === null) return {}
  if (!('index' in entry) || !('embedding' in entry)) return {}
  const { index, embedding } = entry
  if (!Number.isSafeInteger(index) || Number(index) < 0) return {}
  return isVector(embedding) ? { index: Number(index), embedding } : {}
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((part) => Number.isFinite(part))
}
