/**
 * What faults do to one request: those of the plan, and the one that the request asks for itself.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { answerFault } from './fault-answer.ts'
import { FAULT_HEADER, parseFaultHeader } from './fault-header.ts'
import { stageOf, type FaultOutcome, type FaultPlan, type FaultStage } from './fault-plan.ts'
import { failStream, malform, rewriteHints } from './spoil.ts'
import { refuse, type Exchange } from '../exchange.ts'
import { badRequest } from '../operations/problems.ts'
import type { FaultSubject } from './fault-plan.ts'
import type { Answer, ServerState } from '../operations/operation.ts'
import type { Quota } from '../quota/quota.ts'

/** What faults work on. @internal */
export interface FaultScene {
  readonly plan: FaultPlan
  readonly state: ServerState
  readonly quota: Quota
}

/** An answer that nobody will see: the connection dies before the server does anything. */
const NO_ANSWER: Answer = Object.freeze({ status: 0, body: '' })

/** Reads the fault that the request asks for itself. Returns the refusal of one that cannot be read. @internal */
export function readOwnFault(exchange: Exchange): Answer | undefined {
  const text = exchange.request.headers[FAULT_HEADER]
  if (text === undefined) return undefined
  try {
    exchange.ownFault = parseFaultHeader(text)
    return undefined
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    return refuse(exchange, badRequest(`${error.option}: expected ${error.expected}`, FAULT_HEADER))
  }
}

/** Applies the fault of a stage. Undefined where the request goes on, perhaps to an answer that gets lost. @internal */
export function meetFault(
  stage: FaultStage,
  exchange: Exchange,
  scene: FaultScene,
): Answer | undefined {
  if (scene.plan.isEmpty && exchange.ownFault === undefined) return undefined
  const subject = subjectOf(exchange)
  if (subject === undefined) return undefined
  const outcome = ownOutcome(stage, exchange, scene) ?? scene.plan.decide(stage, subject)
  if (outcome === undefined) return undefined
  exchange.faultId =
    exchange.faultId === undefined ? outcome.id : `${exchange.faultId}+${outcome.id}`
  exchange.delayMs += outcome.delayMs
  if (outcome.forgets) scene.quota.forget()
  return applyAction(outcome, exchange, scene)
}

/** The share of the limits that is in force for the request. @internal */
export function quotaShareFor(exchange: Exchange, { plan }: FaultScene): number {
  if (plan.isEmpty && exchange.ownFault === undefined) return 1
  const subject = subjectOf(exchange)
  if (subject === undefined) return 1
  const share = plan.quotaShare(subject)
  const { ownFault } = exchange
  return ownFault?.kind === 'quota' ? Math.min(share, ownFault.share) : share
}

/** The answer as it leaves, if a fault spoils it. @internal */
export function spoilAnswer(answer: Answer, { spoil }: Exchange, { plan }: FaultScene): Answer {
  if (spoil?.kind === 'malformed') return malform(answer, spoil, plan.random)
  return spoil?.withError === true ? failStream(answer, spoil) : answer
}

/** The headers of a refusal as they leave, if a fault changes what they say about the wait. @internal */
export function spoilHints(
  headers: Record<string, string>,
  { atMs, hints, freesAtMs = atMs }: Exchange,
  { plan, state }: FaultScene,
): void {
  if (hints === undefined) return
  const about = { nowMs: atMs, allowAtMs: freesAtMs, time: state.time, random: plan.random }
  rewriteHints(headers, hints, about)
}

function subjectOf(exchange: Exchange): FaultSubject | undefined {
  const { atMs, endpoint, key, modelId: model, request } = exchange
  return endpoint === undefined ? undefined : { atMs, endpoint, method: request.method, key, model }
}

function ownOutcome(
  stage: FaultStage,
  { ownFault }: Exchange,
  { plan }: FaultScene,
): FaultOutcome | undefined {
  if (ownFault === undefined || stageOf(ownFault) !== stage) return undefined
  const outcome = { id: FAULT_HEADER, delayMs: 0, forgets: false, action: undefined }
  if (ownFault.kind === 'delay') return { ...outcome, delayMs: plan.drawDelayMs(ownFault) }
  if (ownFault.kind === 'forget') return { ...outcome, forgets: true }
  return { ...outcome, action: ownFault }
}

function applyAction(
  { action }: FaultOutcome,
  exchange: Exchange,
  { plan, state }: FaultScene,
): Answer | undefined {
  switch (action?.kind) {
    case 'status': {
      const { atMs, delayMs, endpoint = 'models' } = exchange
      const place = { endpoint, atMs: atMs + delayMs, time: state.time, random: plan.random }
      return answerFault(action, place)
    }
    case 'drop':
      exchange.fate = { drop: action.when, ...(action.reset === true ? { reset: true } : {}) }
      return action.when === 'before' ? NO_ANSWER : undefined
    case 'hang':
      exchange.fate = { hang: true }
      return undefined
    case 'truncate':
      exchange.fate = { truncate: true, ...(action.reset === true ? { reset: true } : {}) }
      return undefined
    case 'malformed':
      exchange.spoil = action
      return undefined
    case 'cut-stream':
      exchange.spoil = action
      if (action.withError !== true) exchange.fate = { cutAfterParts: action.afterParts }
      return undefined
    case 'batch': {
      const { ending, failPerMille = 0 } = action
      const fails = (): boolean => plan.random.next() * 1_000 < failPerMille
      exchange.batchFate = { ending, fails }
      return undefined
    }
    case 'hints':
      exchange.hints = action
      return undefined
    default:
      return undefined
  }
}
