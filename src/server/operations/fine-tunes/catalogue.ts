/**
 * What can be asked before there is a job: which models can be fine-tuned, within which limits, and at what price.
 */

import { badRequest, notFound, type Problem } from '../problems.ts'
import { readDetails } from './details.ts'
import { limitsOf, trainableTypes } from './limits.ts'
import { evaluatedTokensAfter, priceOf, stepsOf, tokensAfter } from './progress.ts'
import { trainingRules } from './rules.ts'
import { completeModel, type CatalogueModel } from '../../state/models.ts'
import type { Operation, ServerState } from '../operation.ts'

const USER_LIMIT_DOLLARS = 100
const MODEL_SHOWN_LENGTH_MAX = 100

/** Lists the models that can be fine-tuned. @internal */
export const listTrainableModels: Operation = {
  endpoint: 'fine-tunes',
  act: (_call, { catalogue }) => {
    const models = [...catalogue.values()].filter(isTrainable).map(({ id }) => id)
    return { status: 200, body: JSON.stringify({ models }) }
  },
}

/** Tells the limits of one model. @internal */
export const retrieveModelLimits: Operation = {
  endpoint: 'fine-tunes',
  check: ({ query }) => {
    const isNamed = (query.get('model_name') ?? '') !== ''
    return isNamed ? undefined : badRequest('model_name is required', 'model_name')
  },
  act: ({ query }, state) => {
    const name = query.get('model_name') ?? ''
    const model = findTrainable(name, state)
    if (model === undefined) return untrainable(name)
    return { status: 200, body: JSON.stringify(limitsOf(model)) }
  },
}

/** Estimates what a job would cost: files are not looked at, so each counts as one of a fixed length. @internal */
export const estimatePrice: Operation = {
  endpoint: 'fine-tunes',
  rules: [...trainingRules, ['model', { kind: 'string', min: 1 }]],
  model: { field: 'model', types: trainableTypes },
  act: ({ body }) => {
    const details = readDetails(body)
    const steps = stepsOf(details)
    const trained = tokensAfter(steps)
    const evaluated = evaluatedTokensAfter(details, steps)
    const price = priceOf(trained + evaluated)
    const estimate = {
      estimation_available: true,
      estimated_total_price: price,
      estimated_train_token_count: trained,
      estimated_eval_token_count: evaluated,
      user_limit: USER_LIMIT_DOLLARS,
      allowed_to_proceed: price <= USER_LIMIT_DOLLARS,
    }
    return { status: 200, body: JSON.stringify(estimate) }
  },
}

function isTrainable({ type }: CatalogueModel): boolean {
  return trainableTypes.includes(type)
}

/** Under a lenient profile any name is a model. */
function findTrainable(
  name: string,
  { catalogue, profile }: ServerState,
): CatalogueModel | undefined {
  const model = catalogue.get(name)
  if (model !== undefined && isTrainable(model)) return model
  return profile.isLenient === true ? completeModel({ id: name, type: 'chat' }) : undefined
}

function untrainable(name: string): Problem {
  const shown = JSON.stringify(name.slice(0, MODEL_SHOWN_LENGTH_MAX))
  const message = `${shown} cannot be fine-tuned; GET /v1/fine-tunes/models/supported lists what can`
  return { ...notFound(message, 'model_not_available'), isBare: true }
}
