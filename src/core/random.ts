/**
 * The only place in `src` and `sim` that draws random numbers.
 *
 * Production code takes a `Random` and defaults to `systemRandom`; the simulator and the mock server use seeded streams,
 * one a component, so that a draw more in one of them does not re-randomise the others.
 */

/** A source of uniform numbers. @public */
export interface Random {
  /** The next number, uniform in [0, 1). */
  next(): number
}

/** `Math.random`, looked up at every call, so that it can be seeded from outside. @public */
export const systemRandom: Random = Object.freeze({ next: () => globalThis.Math.random() })

/**
 * A deterministic stream of uniform numbers (sfc32, by Chris Doty-Humphrey, seeded through an FNV-1a hash).
 *
 * @param seed - Any safe integer; equal seeds and names give equal streams on every machine.
 * @param stream - The component's name: streams of one seed and different names are independent.
 * @returns Numbers in [0, 1) with 32 bits of resolution.
 * @public
 */
export function createSeededRandom(seed: number, stream: string): Random {
  return new Sfc32(hashText(`${stream}/`, HASH_OFFSET), seed)
}

/** A class and not a closure: the mock makes a stream for every text that it embeds. */
class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param hash - Of the stream's name, which all three begin with: a name may be a whole text. */
  constructor(hash: number, seed: number) {
    this.#a = hashText(`a/${seed}`, hash)
    this.#b = hashText(`b/${seed}`, hash)
    this.#c = hashText(`c/${seed}`, hash)
    // The first outputs still show the seed's structure.
    for (let round = 0; round < 12; round += 1) this.next()
  }

  next(): number {
    const b = this.#b
    const c = this.#c
    const mixed = (((this.#a + b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = b ^ (b >>> 9)
    this.#b = (c + (c << 3)) | 0
    this.#c = (((c << 21) | (c >>> 11)) + mixed) | 0
    return (mixed >>> 0) / 4_294_967_296
  }
}

const HASH_OFFSET = 0x811c9dc5

/** 32-bit FNV-1a over UTF-16 units, going on from the hash of what stands before. */
function hashText(text: string, before: number): number {
  let hash = before
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
