/**
 * What every operation of the mock is made of: an endpoint group, the rules for its body, and the act.
 *
 * The handler checks the rules, the model, the quota and the places before it lets an operation act; an operation
 * therefore only ever sees bodies that its rules accept.
 */

import type { BodyRules, JsonObject } from './body-rules.ts'
import type { FileStore } from '../state/file-store.ts'
import type { JobStore } from '../state/job-store.ts'
import type { Catalogue, CatalogueModel, MockModelType } from '../state/models.ts'
import type { MockRequest } from '../contract.ts'
import type { Problem } from './problems.ts'
import type { ServerEndpoint, ServerProfile } from '../profiles/server-profile.ts'
import type { ServerTime } from '../state/server-time.ts'

/** Status and body of an answer, without the headers that all answers have. @internal */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** The content of a file, in place of the body. */
  readonly bytes?: Uint8Array
  /** Server-sent events, in place of the body: each a whole event with its empty line. */
  readonly parts?: readonly string[]
  /** What the answer used; the latency and the token limits follow it. */
  readonly usage?: TokenUsage
}

/** Tokens of one request. @internal */
export interface TokenUsage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** What a fault makes of a batch. @internal */
export interface BatchFate {
  /** Undefined: as without the fault. */
  readonly ending: 'FAILED' | 'EXPIRED' | undefined
  /** Whether the next request fails: a draw. */
  readonly fails: () => boolean
}

/** One request, as an operation sees it. @internal */
export interface Call {
  readonly atMs: number
  readonly key: string
  /** The job or file named in the path. */
  readonly id: string
  readonly query: URLSearchParams
  readonly request: MockRequest
  /** An empty object where the operation takes no body. */
  readonly body: JsonObject
  readonly model: CatalogueModel | undefined
  readonly batchFate?: BatchFate | undefined
}

/** What a fine-tune job was asked for. @internal */
export interface FineTuneDetails {
  readonly trainingFile: string
  readonly model: string
  readonly suffix: string
  readonly epochs: number
}

/** What a batch was asked for, and what becomes of it if it is left alone. @internal */
export interface BatchDetails {
  readonly inputFileId: string
  readonly inputBytes: number
  readonly endpoint: string
  readonly modelId: string | undefined
  readonly ending: 'COMPLETED' | 'FAILED' | 'EXPIRED'
  /** Why it fails. */
  readonly error: string | undefined
  /** Milliseconds that validation takes. */
  readonly validationMs: number
  /** Milliseconds that its requests take together, if they are all answered. */
  readonly runMs: number
  readonly requestCount: number
  /** In the order in which requests are over: the places, from 0, of those that fail. */
  readonly failedPlaces: readonly number[]
  readonly outputFileId: string
  readonly errorFileId: string
}

/** A model that is taken in. @internal */
export interface ModelUploadDetails {
  readonly name: string
  readonly source: string
  readonly description: string
}

/** What operations act on. @internal */
export interface ServerState {
  /** What is enforced now; it may be replaced between two requests. */
  readonly profile: ServerProfile
  readonly catalogue: Catalogue
  readonly time: ServerTime
  readonly fineTunes: JobStore<FineTuneDetails>
  readonly batches: JobStore<BatchDetails>
  readonly uploads: JobStore<ModelUploadDetails>
  readonly files: FileStore
  /** Draws how long a new job takes. */
  readonly drawDurationMs: (kind: 'fine-tunes' | 'batches') => number
  /** Draws the order in which the requests of a batch are over: the numbers from 0 to `count - 1`. */
  readonly drawOrder: (count: number) => readonly number[]
  /** A new identifier: unique within the server, the same for the same seed and the same order of requests. */
  readonly nextId: (prefix: string) => string
  /** A new identifier of this sort in the form of a UUID, which fine-tunes and batches have. */
  readonly nextUuid: () => string
}

/** One operation of the API. @internal */
export interface Operation {
  readonly endpoint: ServerEndpoint
  /** Rules for the JSON body, which must be an object. @defaultValue the operation takes no JSON body */
  readonly rules?: BodyRules
  /** Finds what the rules cannot say. */
  readonly check?: (call: Call, state: ServerState) => Problem | undefined
  /** Where the body names a model, and of which types it may be. @defaultValue the operation names no model */
  readonly model?: {
    readonly field: 'model' | 'model_id'
    /** The first is what an unknown model is taken for where the profile is lenient. */
    readonly types: readonly [MockModelType, ...MockModelType[]]
  }
  /** What the request may cost at the most, for limits in tokens. @defaultValue nothing */
  readonly countTokens?: (call: Call) => TokenUsage
  /** Whether it is let in without an API key, as an address is that was given to the client. @defaultValue false */
  readonly isOpen?: boolean
  /** Whether it starts a job, which needs a free place. @defaultValue false */
  readonly startsJob?: boolean
  readonly act: (call: Call, state: ServerState) => Answer | Problem
}
