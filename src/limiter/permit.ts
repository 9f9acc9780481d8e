/**
 * What a granted call holds, and how it gives it back.
 *
 * The methods are getters that bind when they are read: `const { release } = permit` works, and a permit costs no
 * closures until somebody asks for one.
 */
import type { EndpointClass } from '../core/profile.ts'
import type { RequestOutcome } from './adaptive-rate.ts'
import type { Lane, LaneGrant } from './lane.ts'
import type { Waiter } from './waiter.ts'

/**
 * The right to send one request (or as many as its cost) now.
 *
 * Whoever never calls any of the methods is safe, only slower: the slot then stays taken until `arrivalBoundMs` and one
 * window after the grant, and the tokens until `answerBoundMs` and one window after it. All of them are idempotent, may
 * be called in any order, detached, and after `close()`.
 *
 * @public
 */
export interface Permit {
  readonly endpoint: EndpointClass
  readonly model: string | undefined
  /** `clock.now()` at the grant. */
  readonly grantedAtMs: number
  /** The response headers are here: the server has counted the request by now. */
  readonly settle: () => void
  /**
   * The answer has ended, with its body, and came to `used` tokens, of prompt and answer together; 0 where the server
   * refused the request. The first call counts. Settles too, where that has not been done.
   *
   * From now on one window the tokens stay taken: as many as were used where the profile counts `used` tokens, as many as
   * were estimated where it counts `reserved` ones, and always those used beyond the estimate. What is over is free at
   * once. Where this is never called, the estimate stays taken until `answerBoundMs` and one window after the grant. An
   * answer that ends later than `answerBoundMs` is counted anew where the profile counts `used` tokens.
   *
   * @throws {InvalidOptionError} `used` is no whole number of at least 0.
   */
  readonly settleTokens: (used: number) => void
  /**
   * What the request occupies is over: a job's place is free. Settles too, where that has not been done, but no tokens:
   * `settleTokens` may follow.
   */
  readonly release: () => void
  /**
   * The attempt ended without headers: it failed, or nobody waits for it any longer. Its places are free; its slot in
   * the window stays, since the request may still be on its way, and so does its estimate of tokens, since the server may
   * still work on the answer: until `answerBoundMs` and one window after the grant. Nothing that is called later changes
   * that, so tokens that are known are settled before.
   */
  readonly abandon: () => void
  /**
   * What the answer says about the rate, for limits that are `adaptive`; without any it does nothing. It gives nothing
   * back: call it as well as the others, as soon as it is known. Only the first call counts.
   */
  readonly report: (outcome: RequestOutcome) => void
  /**
   * The headers of the answer, whatever its status: what they say is left of a quota may hold further calls back, and
   * never lets one go. Call it when they come. Headers without such a word, and those that make no sense, change nothing.
   */
  readonly observe: (headers: Pick<Headers, 'get'>) => void
}

/** Who keeps the books of a permit. @internal */
export interface PermitDesk {
  settle(lane: Lane<Waiter>, grant: LaneGrant): void
  settleTokens(lane: Lane<Waiter>, grant: LaneGrant, used: number): void
  release(lane: Lane<Waiter>, grant: LaneGrant): void
  abandon(lane: Lane<Waiter>, grant: LaneGrant): void
  report(lane: Lane<Waiter>, grant: LaneGrant, outcome: RequestOutcome): void
  observe(lane: Lane<Waiter>, grant: LaneGrant, headers: Pick<Headers, 'get'>): void
}

/** @internal */
export class GrantedPermit implements Permit {
  readonly endpoint: EndpointClass
  readonly model: string | undefined
  readonly grantedAtMs: number
  readonly #desk: PermitDesk
  readonly #lane: Lane<Waiter>
  readonly #grant: LaneGrant

  constructor(desk: PermitDesk, lane: Lane<Waiter>, grant: LaneGrant) {
    this.endpoint = lane.endpoint
    this.model = lane.model
    this.grantedAtMs = grant.grantedAtMs
    this.#desk = desk
    this.#lane = lane
    this.#grant = grant
  }

  get settle(): () => void {
    return () => this.#desk.settle(this.#lane, this.#grant)
  }

  get settleTokens(): (used: number) => void {
    return (used) => this.#desk.settleTokens(this.#lane, this.#grant, used)
  }

  get release(): () => void {
    return () => this.#desk.release(this.#lane, this.#grant)
  }

  get abandon(): () => void {
    return () => this.#desk.abandon(this.#lane, this.#grant)
  }

  get report(): (outcome: RequestOutcome) => void {
    return (outcome) => this.#desk.report(this.#lane, this.#grant, outcome)
  }

  get observe(): (headers: Pick<Headers, 'get'>) => void {
    return (headers) => this.#desk.observe(this.#lane, this.#grant, headers)
  }
}
