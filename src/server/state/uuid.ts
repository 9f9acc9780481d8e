/**
 * Identifiers in the form of a UUID that depend on a seed and a count only.
 */

const NODE_VALUES = 281_474_976_710_656

/**
 * The form of a version 4 UUID: the count, then the seed.
 *
 * @param count - Whole, from 0 to 2^32 - 1.
 * @param seed - Any safe integer; seeds that differ by a multiple of 2^48 give the same text.
 * @internal
 */
export function formatUuid(count: number, seed: number): string {
  const node = ((seed % NODE_VALUES) + NODE_VALUES) % NODE_VALUES
  return `${hex(count, 8)}-0000-4000-8000-${hex(node, 12)}`
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0')
}
