/**
 * Which fault, if any, meets a request.
 *
 * Rules are looked at in their order, in stages: before anything is checked (connections that die first, answers that come
 * from in front of the server), after the quota was charged, and on a refusal for rate. The first that matches ends the
 * search of its stage; a delay only adds to the time, a loss of counts only happens, and the search goes on. Chance comes
 * from one seeded stream.
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

/** When in the life of a request a rule applies. `quota` rules apply by their time, not by a request. @internal */
export type FaultStage = 'before' | 'after' | 'refused' | 'quota'

/** Actions that add to what happens and let later rules match too. */
type AddedAction = Extract<FaultAction, { kind: 'delay' | 'forget' }>

/** What the plan says to one request. @internal */
export interface FaultOutcome {
  /** Milliseconds added to the time to answer. */
  readonly delayMs: number
  /** Whether all counts are forgotten. */
  readonly forgets: boolean
  /** Undefined where only actions matched that let the request go on. */
  readonly action: Exclude<FaultAction, AddedAction> | undefined
  /** The ids of all rules that matched, joined by `+`. */
  readonly id: string
}

interface PlannedRule {
  readonly id: string
  readonly stage: FaultStage
  readonly match: FaultMatch
  readonly action: FaultAction
  /** The same as in `match`, to be asked for every request. */
  readonly nths: ReadonlySet<number> | undefined
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

  /** Whether no fault is planned, which is the common case. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** The rules in force, as they were given. */
  get rules(): readonly FaultRule[] {
    return this.#given
  }

  /** The stream of chances, for what faults draw besides. */
  get random(): Random {
    return this.#random
  }

  /** The fault of a stage. Undefined, which is the common case, where no rule matches. */
  decide(stage: FaultStage, subject: FaultSubject): FaultOutcome | undefined {
    if (this.#rules.length === 0) return undefined
    let delayMs = 0
    let forgets = false
    let id = ''
    for (const rule of this.#rules) {
      if (rule.stage !== stage || !this.#matches(rule, subject)) continue
      const { action } = rule
      id = id === '' ? rule.id : `${id}+${rule.id}`
      if (action.kind === 'delay') delayMs += this.drawDelayMs(action)
      else if (action.kind === 'forget') forgets = true
      else return { delayMs, forgets, action, id }
    }
    return id === '' ? undefined : { delayMs, forgets, action: undefined, id }
  }

  /** The share of the limits that is in force for a request: the smallest of all rules that agree. */
  quotaShare(subject: FaultSubject): number {
    let share = 1
    for (const { stage, match, action } of this.#rules) {
      if (stage !== 'quota' || action.kind !== 'quota' || !agrees(match, subject)) continue
      share = Math.min(share, action.share)
    }
    return share
  }

  /** How long a delay is. */
  drawDelayMs({ delayMs, jitterMs = 0 }: Extract<FaultAction, { kind: 'delay' }>): number {
    return jitterMs === 0 ? delayMs : delayMs + Math.floor(this.#random.next() * (jitterMs + 1))
  }

  #matches(rule: PlannedRule, subject: FaultSubject): boolean {
    const { match } = rule
    if (!agrees(match, subject)) return false
    rule.matchCount += 1
    if (match.nth !== undefined && match.nth !== rule.matchCount) return false
    if (rule.nths?.has(rule.matchCount) === false) return false
    if (match.every !== undefined && rule.matchCount % match.every !== 0) return false
    // Drawn last, so that a rule that is not concerned takes nothing from the stream.
    return match.perMille === undefined || this.#random.next() * 1_000 < match.perMille
  }
}

function planRule(rule: FaultRule, index: number): PlannedRule {
  const { match = {} } = rule
  return {
    id: rule.id ?? `fault-${index + 1}`,
    stage: stageOf(rule.do),
    match,
    action: rule.do,
    nths: match.nths === undefined ? undefined : new Set(match.nths),
    matchCount: 0,
  }
}

/** The stage at which an action applies. @internal */
export function stageOf(action: FaultAction): FaultStage {
  switch (action.kind) {
    case 'drop':
      return action.when
    case 'status':
      return action.beforeQuota === true ? 'before' : 'after'
    case 'forget':
      return 'before'
    case 'hints':
      return 'refused'
    case 'quota':
      return 'quota'
    default:
      return 'after'
  }
}

function agrees(match: FaultMatch, subject: FaultSubject): boolean {
  if (match.endpoint !== undefined && match.endpoint !== subject.endpoint) return false
  if (match.method !== undefined && match.method !== subject.method) return false
  if (match.model !== undefined && match.model !== subject.model) return false
  if (match.key !== undefined && match.key !== subject.key) return false
  return subject.atMs >= (match.fromMs ?? -Infinity) && subject.atMs < (match.toMs ?? Infinity)
}
