/**
 * Finds what an answer's body says about its tokens while the body passes by, in bounded memory.
 *
 * It looks at bytes: JSON and server-sent events alike have the key `"usage"` in them, and within a text its quotes would
 * be escaped. Chunks may end anywhere, also within a character. Where several are found, the largest counts: some servers
 * send a running sum, and some split the sum up behind it.
 */
import { tokensOfUsage } from '../core/usage.ts'

const key = new TextEncoder().encode('"usage"')
const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const opening = 0x7b
const closing = 0x7d

/** A usage object is a few hundred bytes long. Of a longer one nothing is believed. */
const usageBytesMax = 4_096
/** So much of the end is kept, for the mark that ends a stream of events. */
const tailBytesMax = 64

/** What has to come next. */
type Phase = 'key' | 'colon' | 'object' | 'rest of object'

/** @internal */
export class UsageScanner {
  #phase: Phase = 'key'
  /** How much of the key has come. */
  #matched = 0
  #depth = 0
  #isInText = false
  #isEscaped = false
  readonly #object: number[] = []
  #tokens: number | undefined
  #isUnreadable = false
  #tail = new Uint8Array(0)

  /** The tokens that were named so far; undefined where none were, or where something could not be read. */
  get tokens(): number | undefined {
    return this.#isUnreadable || this.#phase === 'rest of object' ? undefined : this.#tokens
  }

  /** Whether the last that came is the mark with which a stream of events says that it is complete. */
  get endsWithDone(): boolean {
    return /(?:^|[\r\n])data: ?\[DONE\]\s*$/.test(new TextDecoder().decode(this.#tail))
  }

  /** Looks at the next chunk. The chunk is neither changed nor kept. */
  push(chunk: Uint8Array): void {
    this.#keepTail(chunk)
    let at = 0
    while (at < chunk.length) {
      if (this.#phase === 'key' && this.#matched === 0) {
        at = chunk.indexOf(quote, at)
        if (at < 0) return
      }
      this.#take(chunk[at]!)
      at += 1
    }
  }

  #take(byte: number): void {
    if (this.#phase === 'rest of object') this.#takeOfObject(byte)
    else if (this.#phase === 'key') this.#takeOfKey(byte)
    else if (!isSpace(byte)) this.#takeSign(byte)
  }

  #takeOfKey(byte: number): void {
    this.#matched = byte === key[this.#matched] ? this.#matched + 1 : 0
    if (this.#matched < key.length) return
    this.#matched = 0
    this.#phase = 'colon'
  }

  /** The colon behind the key, then the brace; without them it was no key, or has no object. */
  #takeSign(byte: number): void {
    if (this.#phase === 'colon' && byte === colon) {
      this.#phase = 'object'
    } else if (this.#phase === 'object' && byte === opening) {
      this.#phase = 'rest of object'
      this.#takeOfObject(byte)
    } else {
      this.#phase = 'key'
      this.#takeOfKey(byte)
    }
  }

  #takeOfObject(byte: number): void {
    // A longer one loses its end, and is no JSON then.
    if (this.#object.length < usageBytesMax) this.#object.push(byte)
    if (this.#isInText) {
      this.#isInText = this.#isEscaped || byte !== quote
      this.#isEscaped = !this.#isEscaped && byte === backslash
      return
    }
    if (byte === quote) this.#isInText = true
    else if (byte === opening) this.#depth += 1
    else if (byte === closing) this.#depth -= 1
    if (this.#depth === 0) this.#endObject()
  }

  #endObject(): void {
    this.#phase = 'key'
    try {
      const text = new TextDecoder().decode(new Uint8Array(this.#object))
      const tokens = tokensOfUsage(JSON.parse(text))
      if (tokens !== undefined) this.#tokens = Math.max(tokens, this.#tokens ?? 0)
    } catch {
      this.#isUnreadable = true
    }
    this.#object.length = 0
  }

  /** Copied: whoever gets the chunk may change it. */
  #keepTail(chunk: Uint8Array): void {
    if (chunk.length >= tailBytesMax) {
      this.#tail = chunk.slice(-tailBytesMax)
      return
    }
    const kept = this.#tail.slice(-(tailBytesMax - chunk.length))
    const tail = new Uint8Array(kept.length + chunk.length)
    tail.set(kept)
    tail.set(chunk, kept.length)
    this.#tail = tail
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
