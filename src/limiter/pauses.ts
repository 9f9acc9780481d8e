/**
 * Until when the server wants to hear nothing from a model or an endpoint class.
 *
 * A pause only ever grows: a later, shorter answer of the server does not overwrite an earlier, longer one.
 */
import type { EndpointClass } from '../core/profile.ts'

/** A call that names its model is held by that model's pause, any other by its endpoint's. @internal */
export function pauseKeyOf(endpoint: EndpointClass, model: string | undefined): string {
  return model === undefined ? `endpoint:${endpoint}` : `model:${model}`
}

/** @internal */
export class PauseBook {
  readonly #untilMs = new Map<string, number>()
  #nextEndMs = Infinity

  /** The first instant at which a pause ends; `Infinity` where none is in force. */
  get nextEndMs(): number {
    return this.#nextEndMs
  }

  /** The end of the pause of `key`; `-Infinity` where none is in force. */
  untilMs(key: string): number {
    if (this.#untilMs.size === 0) return -Infinity
    return this.#untilMs.get(key) ?? -Infinity
  }

  extend(key: string, untilMs: number): void {
    this.#untilMs.set(key, Math.max(untilMs, this.untilMs(key)))
    this.#findNextEnd()
  }

  /** Forgets the pauses that have ended by `nowMs` and returns them with their ends. */
  takeEnded(nowMs: number): Map<string, number> {
    const ended = new Map<string, number>()
    for (const [key, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) continue
      ended.set(key, untilMs)
      this.#untilMs.delete(key)
    }
    this.#findNextEnd()
    return ended
  }

  /** What is paused at `nowMs`, for a snapshot. */
  list(nowMs: number): { key: string; remainingMs: number }[] {
    return [...this.#untilMs].map(([key, untilMs]) => ({ key, remainingMs: untilMs - nowMs }))
  }

  #findNextEnd(): void {
    this.#nextEndMs = Infinity
    for (const untilMs of this.#untilMs.values()) {
      this.#nextEndMs = Math.min(this.#nextEndMs, untilMs)
    }
  }
}
