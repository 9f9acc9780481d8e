/**
 * A semaphore of L permits, each given back by a timer of its own, W + bound + drift after it was taken. It reads no clock.
 *
 * Why it is right. A permit taken at t cannot be taken again before t + W + bound + drift (less the one millisecond by
 * which Node may fire early). Two requests on the same permit are therefore counted at least W apart: the first at
 * t + bound at the latest, the second not before it is granted; 13 ms of drift cover a millisecond of timer and 100 ppm
 * of 65 s twice over. So each of L permits has at most one request in any half-open window of W, and the window at most
 * L; fixed windows and a token bucket (L, L/W) follow. A permit goes to the first in line, who is in a linked list. Each
 * timer ends with its hold, so nothing is left two windows after the last grant.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'every-call-settles-once',
  'nothing-left-behind',
  'permits-are-conserved',
  'uses-the-quota',
]

interface Node {
  resolve(): void
  next: Node | undefined
}

export class TimedSemaphore {
  readonly #holdMs: number
  #permits: number
  #head: Node | undefined
  #tail: Node | undefined

  constructor(permits: number, holdMs: number) {
    this.#permits = permits
    this.#holdMs = holdMs
  }

  acquire(): Promise<void> {
    if (this.#permits > 0) {
      this.#permits -= 1
      this.#hold()
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const node: Node = { resolve, next: undefined }
      if (this.#tail === undefined) this.#head = node
      else this.#tail.next = node
      this.#tail = node
    })
  }

  #hold(): void {
    setTimeout(() => this.#giveBack(), this.#holdMs)
  }

  #giveBack(): void {
    const node = this.#head
    if (node === undefined) {
      this.#permits += 1
      return
    }
    this.#head = node.next
    if (this.#head === undefined) this.#tail = undefined
    this.#hold()
    node.resolve()
  }
}

export function createLimiter(options: LimiterOptions): TimedSemaphore {
  return new TimedSemaphore(options.maxPerMinute, Math.ceil(60_000 + options.arrivalBoundMs + 13))
}
