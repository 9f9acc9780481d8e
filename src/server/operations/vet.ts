/**
 * Whether an operation takes a body, whether it came as a request or as a line of a batch.
 */

import { findProblem, type JsonObject } from './body-rules.ts'
import { badRequest, notFound, type Problem } from './problems.ts'
import { completeModel, MODEL_NAME_LENGTH_MAX, type CatalogueModel } from '../state/models.ts'
import type { Operation, ServerState } from './operation.ts'

const MODEL_SHOWN_LENGTH_MAX = 100

/**
 * Checks fields and model. What the operation finds besides is up to its own `check`.
 *
 * @returns The model that the body names, undefined where it names none; or what is wrong with it.
 * @internal
 */
export function vetBody(
  body: JsonObject,
  operation: Operation,
  state: ServerState,
): { readonly model: CatalogueModel | undefined } | Problem {
  const malformed = findProblem(body, operation.rules ?? [])
  if (malformed !== undefined) return malformed
  const modelId = operation.model === undefined ? undefined : body[operation.model.field]
  if (operation.model === undefined || typeof modelId !== 'string') return { model: undefined }
  const { field, types } = operation.model
  if (modelId.length > MODEL_NAME_LENGTH_MAX) {
    return badRequest(`${field} must have at most ${MODEL_NAME_LENGTH_MAX} characters`, field)
  }
  const model = findModel(modelId, types, state)
  if (model === undefined) {
    const name = modelId.slice(0, MODEL_SHOWN_LENGTH_MAX)
    const message = `there is no model ${JSON.stringify(name)}; GET /v1/models lists all`
    return { ...notFound(message, 'model_not_available'), param: field }
  }
  if (types.includes(model.type)) return { model }
  const wanted = types.join(', ')
  return badRequest(
    `${model.id} is of type ${model.type}, this operation takes type ${wanted}`,
    field,
  )
}

/** Under a lenient profile any name is that of a model, of whatever type is needed. */
function findModel(
  id: string,
  types: NonNullable<Operation['model']>['types'],
  { catalogue, profile }: ServerState,
): CatalogueModel | undefined {
  const model = catalogue.get(id)
  if (profile.isLenient !== true || (model && types.includes(model.type))) return model
  return completeModel({ id, type: types[0] })
}
