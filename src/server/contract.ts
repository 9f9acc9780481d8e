/**
 * The words of the mock server: what goes in, what comes out, how it is told to misbehave.
 *
 * Types only. All times are milliseconds on the caller's own scale, which starts where the caller likes and never goes
 * back; `wallAtZeroMs` ties it to the calendar.
 */

import type { FilePurpose } from './state/file-store.ts'
import type { MockModel } from './state/models.ts'
import type { Quirk } from './quirks/quirk.ts'
import type { LatencyModel } from './latency/latency-model.ts'
import type { ServerEndpoint, ServerProfile } from './profiles/server-profile.ts'

/** An HTTP request as the handler takes it. @public */
export interface MockRequest {
  readonly method: string
  /** The path with its query, for example `/v1/models?page=2`. */
  readonly path: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Text, or bytes where the content is a file. */
  readonly body?: string | Uint8Array
  /** The parts of a `multipart/form-data` body, in place of `body`: taking them apart is the transport's work. */
  readonly form?: MockForm
}

/** A multipart form. @public */
export interface MockForm {
  readonly fields: Readonly<Record<string, string>>
  readonly file?: { readonly name: string; readonly bytes: Uint8Array }
}

/** The handler's answer, and how the transport has to deliver it. @public */
export interface MockResponse {
  readonly status: number
  readonly headers: Record<string, string>
  /** Empty where the answer is `bytes` or a `stream`. */
  readonly body: string
  /** The content of a file. */
  readonly bytes?: Uint8Array
  /** Server-sent events. */
  readonly stream?: MockStream
  readonly delivery: Delivery
}

/** An answer that comes piece by piece. @public */
export interface MockStream {
  /** Each a whole event, for example `data: {}` and an empty line. */
  readonly parts: readonly string[]
  /** Milliseconds between one part and the next; the first comes with the headers. */
  readonly partDelayMs: number
}

/** What happens between the answer and its client. @public */
export interface Delivery {
  /** Milliseconds the server takes to answer. */
  readonly delayMs: number
  /** The connection dies without an answer: `before` the server did or counted anything, or `after` it. */
  readonly drop?: 'before' | 'after'
  /** The server acted, but never answers. */
  readonly hang?: true
  /** The first half of the body is sent, then the connection dies. */
  readonly truncate?: true
  /** With `drop` or `truncate`: the connection is reset (RST) rather than closed. */
  readonly reset?: true
  /** So many parts of a stream are sent, then the connection dies. */
  readonly cutAfterParts?: number
}

/** How the server counts in a window. @public */
export type Enforcement =
  | {
      readonly kind: 'fixed-window'
      /** Windows begin at this instant and every `windowMs` before and after it. */
      readonly phaseMs: number
    }
  | { readonly kind: 'sliding-log' }
  | {
      /** The count of this fixed window, and of the one before by the share that still overlaps. */
      readonly kind: 'sliding-counter'
      readonly phaseMs: number
    }
  | {
      readonly kind: 'token-bucket'
      /** The bucket holds what this time gains, at least one unit. @defaultValue the window: a full window's quota */
      readonly burstMs?: number
    }
  | {
      /** The generic cell rate algorithm: evenly spaced, early by the burst at the most. */
      readonly kind: 'gcra'
      readonly burstMs: number
    }
  | {
      /** The limit's part of each slice, which begin at zero: what Together does with slices of a second. */
      readonly kind: 'slices'
      /** Whole milliseconds. */
      readonly sliceMs: number
    }

/** A file that is there from the beginning. @public */
export interface MockFile {
  /** Unique; what requests name it by. */
  readonly id: string
  /** Text is sent as UTF-8. */
  readonly content: string | Uint8Array
  /** Its ending says what it is made of. @defaultValue the id and `.jsonl` */
  readonly name?: string
  /** @defaultValue 'batch-api' */
  readonly purpose?: FilePurpose
}

/** A whole range of milliseconds, both ends included. @public */
export interface RangeMs {
  readonly min: number
  readonly max: number
}

/** Settings of the mock server; every field has a default. @public */
export interface MockTogetherOptions {
  /** What is enforced. @defaultValue documentedServerProfile */
  readonly profile?: ServerProfile
  /** How limits are counted that do not say it themselves. @defaultValue what the profile says */
  readonly enforcement?: Enforcement
  /** Whether a request refused for rate draws on the limits all the same. @defaultValue what the profile says */
  readonly countsRefused?: boolean
  /** @defaultValue [] */
  readonly faults?: readonly FaultRule[]
  /** What is odd about this server; each shows by a seeded chance of its own. @defaultValue [] */
  readonly quirks?: readonly Quirk[]
  /** Whether the header `x-mock-fault` of a request makes a fault for it. @defaultValue true */
  readonly acceptsFaultHeader?: boolean
  /** Any safe integer; equal seeds and equal requests give equal answers. @defaultValue 1 */
  readonly seed?: number
  /** Keys that are let in. @defaultValue any non-empty bearer token */
  readonly apiKeys?: readonly string[]
  /** @defaultValue defaultModels */
  readonly models?: readonly MockModel[]
  /** Files that every key finds at the start. @defaultValue [] */
  readonly files?: readonly MockFile[]
  /** Unix milliseconds at `nowMs` 0. @defaultValue 1_767_225_600_000, the beginning of 2026 */
  readonly wallAtZeroMs?: number
  /**
   * Time to answer a request that succeeds: uniform, or by a model. Refusals and errors are answered at once.
   * @defaultValue 0 to 0
   */
  readonly latency?: RangeMs | LatencyModel
  /** How long a fine-tune job takes. @defaultValue 30 to 120 seconds */
  readonly jobDurationMs?: RangeMs
  /** How long a batch takes. @defaultValue 10 to 60 seconds */
  readonly batchDurationMs?: RangeMs
  /** Entries the journal keeps, the newest; 0 switches it off. @defaultValue 10_000 */
  readonly journalLengthMax?: number
}

/** One handled request, as the server saw it. @public */
export interface JournalEntry {
  readonly atMs: number
  readonly method: string
  readonly path: string
  /** The end of the API key: at most its last four characters and at most a quarter of it. */
  readonly key: string
  /** Undefined where the path is unknown. */
  readonly endpoint: ServerEndpoint | undefined
  readonly model: string | undefined
  /** The status answered, whether or not it was delivered; 0 where the connection died before anything happened. */
  readonly status: number
  /** Whether it drew on a rate limit. */
  readonly counted: boolean
  /** The rate limits that it drew on; absent where it drew on none. */
  readonly countedIn?: readonly string[]
  /** Tokens of its prompt and its answer; absent where there are none. */
  readonly tokens?: number
  /** Milliseconds until its answer is sent; absent where it is sent at once. */
  readonly delayMs?: number
  /** Which of several servers decided, from 0; absent where there is one. */
  readonly replica?: number
  /** What a refusal says; absent where the request was answered well or met a fault. */
  readonly reason?: string
  /** The limit that refused it. */
  readonly refusedBy?: string
  /** The fault rule, or several joined by `+`; a quirk is `quirk-` and its site. */
  readonly fault?: string
  /** When the limit that refused it lets the next request pass, if nothing else comes. */
  readonly freesAtMs?: number
}

/** One line of a fault plan: which requests, and what happens to them. @public */
export interface FaultRule {
  /** Shown in the journal. @defaultValue `fault-N`, N being its place in the plan, from 1 */
  readonly id?: string
  /** All given fields must agree. @defaultValue every request */
  readonly match?: FaultMatch
  readonly do: FaultAction
}

/** Which requests a rule is for. @public */
export interface FaultMatch {
  readonly endpoint?: ServerEndpoint
  /** Upper case. */
  readonly method?: string
  readonly model?: string
  /** The whole API key. */
  readonly key?: string
  /** From this instant, included. */
  readonly fromMs?: number
  /** Until this instant, excluded. */
  readonly toMs?: number
  /** Only the nth request for which the fields above agree, from 1. */
  readonly nth?: number
  /** Only these of the requests for which the fields above agree, from 1; each place once, at least one. */
  readonly nths?: readonly number[]
  /** Only every nth request for which they agree. */
  readonly every?: number
  /** Chance in a thousand, 0 to 1,000, drawn when everything else agrees. */
  readonly perMille?: number
}

/** A wait that a fault names to the client. @public */
export interface FaultHint {
  readonly header: FaultHintHeader
  readonly delayMs: number
}

/** The forms in which a wait can be named. @public */
export type FaultHintHeader =
  | 'retry-after'
  | 'retry-after-date'
  | 'retry-after-ms'
  | 'x-ratelimit-reset'
  | 'ratelimit'

/** The kinds of nonsense that servers have been seen to send, or may send, as `retry-after`. @public */
export type HintNonsense =
  | 'negative'
  | 'text'
  | 'empty'
  | 'huge'
  | 'nan'
  | 'infinity'
  | 'decimal-comma'
  | 'unit'
  | 'hex'
  | 'two-values'
  | 'past-date'
  | 'far-date'
  | 'iso-date'
  | 'epoch-seconds'

/** What a fault does. @public */
export type FaultAction =
  | {
      readonly kind: 'status'
      /** 400 to 599. The request is not acted on. */
      readonly status: number
      readonly hints?: readonly FaultHint[]
      /** A `retry-after` that says nothing; `any` draws one. */
      readonly nonsense?: HintNonsense | 'any'
      readonly headers?: Readonly<Record<string, string>>
      /** A string is sent as it is, anything else as JSON. @defaultValue the endpoint's own error body */
      readonly body?: unknown
      /** Answered before anything is checked or counted. @defaultValue false: counted by the quota */
      readonly beforeQuota?: boolean
    }
  | {
      readonly kind: 'delay'
      /** Added to the time to answer; a later rule may still match. */
      readonly delayMs: number
      /** Added besides, uniform from 0 to this, in whole milliseconds. @defaultValue 0 */
      readonly jitterMs?: number
    }
  | {
      readonly kind: 'drop'
      readonly when: 'before' | 'after'
      /** Reset (RST) rather than closed. @defaultValue false */
      readonly reset?: boolean
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'truncate'; readonly reset?: boolean }
  | {
      /** A whole answer whose body is not the JSON it should be. */
      readonly kind: 'malformed'
      /** @defaultValue drawn */
      readonly form?: MalformedForm
    }
  | {
      /** A stream ends before its time; an answer that is no stream is left alone. */
      readonly kind: 'cut-stream'
      readonly afterParts: number
      /** An error event and a proper end, rather than a dead connection. @defaultValue false */
      readonly withError?: boolean
    }
  | {
      /** Changes what the server's own 429 says about the wait. Other answers are left alone. */
      readonly kind: 'hints'
      /** `none` takes the hints away, a share makes them shorter or longer than the truth, the rest is nonsense. */
      readonly say: 'none' | HintNonsense | 'any' | { readonly share: number }
    }
  | {
      /** Only a share of each rate limit is in force while the rule agrees. `nth`, `nths`, `every` and `perMille` do not count. */
      readonly kind: 'quota'
      /** Above 0, at most 1. */
      readonly share: number
    }
  | {
      /** What becomes of a batch that the request starts; other requests are left alone. */
      readonly kind: 'batch'
      /** Chance in a thousand of each of its requests to fail with a `server_error`, 0 to 1,000. @defaultValue 0 */
      readonly failPerMille?: number
      /** It fails as a whole, or is not done when its 24 hours are over. @defaultValue it is completed */
      readonly ending?: 'FAILED' | 'EXPIRED'
    }
  | {
      /** Forgets all that was counted, for every key, as a server does that is started anew. The request goes on. */
      readonly kind: 'forget'
    }

/** The ways in which a body is malformed. @public */
export type MalformedForm = 'cut' | 'trailing-comma' | 'html' | 'empty' | 'not-a-number'
