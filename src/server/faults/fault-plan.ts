/**
 * Which fault, if any, meets a request.
 *
 * Rules are looked at in their order, twice: before anything is checked (connections that die first, answers that come
 * from in front of the server), and after the quota was charged. The first that matches ends the search; a delay only
 * adds to the time and lets the search go on. Chance comes from one seeded stream.
 */

import type { Random } from '../../core/random.ts'
import { parseFaultRules } from './fault-rules.ts'
import type { FaultAction, FaultMatch, FaultRule } from '../contract.ts'
import type { ServerEndpoint } from '../profiles/server-profile.ts'

/** What rules look at. @internal */
export interface FaultSubject {
  readonly atMs: number
  readonly endpoint: ServerEndpoint
  readonly method: string
  readonly key: string
  readonly model: string | undefined
}

/** When in the life of a request a rule applies. @internal */
export type FaultStage = 'before' | 'after'

/** What the plan says to one request. @internal */
export interface FaultOutcome {
  /** Milliseconds added to the time to answer. */
  readonly delayMs: number
  /** Undefined where only delays matched. */
  readonly action: Exclude<FaultAction, { kind: 'delay' }> | undefined
  /** The ids of all rules that matched, joined by `+`. */
  readonly id: string
}

interface PlannedRule {
  readonly id: string
  readonly stage: FaultStage
  readonly match: FaultMatch
  readonly action: FaultAction
  /** Requests so far for which the rule's fields agreed. */
  matchCount: number
}

/** A list of rules, with how often each has matched. @internal */
export class FaultPlan {
  readonly #random: Random
  #rules: readonly PlannedRule[] = []
  #given: readonly FaultRule[] = []

  /** @param random - The stream of chances; it goes on where it is when rules are replaced. */
  constructor(rules: readonly FaultRule[], random: Random) {
    this.#random = random
    this.replace(rules)
  }

  /** Puts other rules in force; their counts begin at zero. @throws {InvalidOptionError} Naming the rule and field. */
  replace(rules: readonly FaultRule[]): void {
    this.#rules = parseFaultRules(rules).map(planRule)
    this.#given = rules
  }

  /** The rules in force, as they were given. */
  get rules(): readonly FaultRule[] {
    return this.#given
  }

  /** The fault of a stage. Undefined, which is the common case, where no rule matches. */
  decide(stage: FaultStage, subject: FaultSubject): FaultOutcome | undefined {
    let delayMs = 0
    let id = ''
    for (const rule of this.#rules) {
      if (rule.stage !== stage || !this.#matches(rule, subject)) continue
      id = id === '' ? rule.id : `${id}+${rule.id}`
      if (rule.action.kind !== 'delay') return { delayMs, action: rule.action, id }
      delayMs += rule.action.delayMs
    }
    return id === '' ? undefined : { delayMs, action: undefined, id }
  }

  #matches(rule: PlannedRule, subject: FaultSubject): boolean {
    const { match } = rule
    if (!agrees(match, subject)) return false
    rule.matchCount += 1
    if (match.nth !== undefined && match.nth !== rule.matchCount) return false
    // Drawn last, so that a rule that is not concerned takes nothing from the stream.
    return match.perMille === undefined || this.#random.next() * 1_000 < match.perMille
  }
}

function planRule(rule: FaultRule, index: number): PlannedRule {
  return {
    id: rule.id ?? `fault-${index + 1}`,
    stage: stageOf(rule.do),
    match: rule.match ?? {},
    action: rule.do,
    matchCount: 0,
  }
}

function stageOf(action: FaultAction): FaultStage {
  if (action.kind === 'drop') return action.when
  return action.kind === 'status' && action.beforeQuota === true ? 'before' : 'after'
}

function agrees(match: FaultMatch, subject: FaultSubject): boolean {
  if (match.endpoint !== undefined && match.endpoint !== subject.endpoint) return false
  if (match.method !== undefined && match.method !== subject.method) return false
  if (match.model !== undefined && match.model !== subject.model) return false
  if (match.key !== undefined && match.key !== subject.key) return false
  return subject.atMs >= (match.fromMs ?? -Infinity) && subject.atMs < (match.toMs ?? Infinity)
}
