/**
 * What a run of requests takes: the requests themselves, and the options.
 */
import { InvalidOptionError } from '../../core/errors.ts'
import { resolveRunOptions, type RunOptions, type RunSettings } from '../run-options.ts'

/** One request of a run. @public */
export interface RunRequest {
  /** By this the caller knows the result again. It is not sent. */
  readonly customId: string
  /** Below the base address. @defaultValue '/chat/completions' */
  readonly path?: string | undefined
  /** What is sent as JSON; with its model, and without `stream`. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Requests, of which there may be more than fit into memory. @public */
export type RequestSource = Iterable<RunRequest> | AsyncIterable<RunRequest>

/** Options of `runRequests` and `iterateRequests`. @public */
export interface RequestRunOptions extends RunOptions {
  /**
   * Models that take over while a request's own is answered by a 503, in this order. After that, the own one is left
   * alone for half a minute. @defaultValue none
   */
  readonly fallbackModels?: readonly string[] | undefined
}

/** @internal */
export interface RequestSettings extends RunSettings {
  readonly fallbackModels: readonly string[]
}

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveRequestOptions(options: RequestRunOptions): RequestSettings {
  const { fallbackModels = [] } = options
  const areNames =
    Array.isArray(fallbackModels) &&
    fallbackModels.every((name) => typeof name === 'string' && name !== '')
  if (!areNames) {
    throw new InvalidOptionError('fallbackModels', fallbackModels, 'an array of model ids')
  }
  return { ...resolveRunOptions(options), fallbackModels }
}
