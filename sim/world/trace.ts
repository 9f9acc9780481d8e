/** What happened, line by line, and the hash of it: equal traces are equal runs. */
import { createHash } from 'node:crypto'

/** Lines that are hashed at a time. */
const chunkLength = 512

export class Trace {
  /** In order; empty where they are not kept. */
  readonly lines: string[] = []
  readonly #keepsLines: boolean
  readonly #hash = createHash('sha256')
  #chunk: string[] = []
  #digest: string | undefined

  /** @param keepsLines - A run has tens of thousands of them, which cost more than all the rest of its memory. */
  constructor(keepsLines: boolean) {
    this.#keepsLines = keepsLines
  }

  add(line: string): void {
    this.#chunk.push(line)
    if (this.#keepsLines) this.lines.push(line)
    if (this.#chunk.length === chunkLength) this.#flush()
  }

  /** 16 hexadecimal digits. Nothing is added after it was asked for. */
  hash(): string {
    if (this.#digest === undefined) {
      this.#flush()
      this.#digest = this.#hash.digest('hex').slice(0, 16)
    }
    return this.#digest
  }

  #flush(): void {
    if (this.#chunk.length === 0) return
    this.#hash.update(this.#chunk.join('\n')).update('\n')
    this.#chunk = []
  }
}
