/**
 * What a request is, by its address and method: which ones are limited, as what, and which may be sent twice.
 *
 * Pure. Paths are those behind the base, `/chat/completions` for one.
 */
import type { EndpointClass } from '../core/profile.ts'
import { startsJob } from '../retry/index.ts'

/** @internal */
export interface RequestKind {
  /** What it is limited as; undefined where it takes no permit. */
  readonly endpoint: EndpointClass | undefined
  /** False where a second one might do the work twice: it is sent again only where nothing was done. */
  readonly isRepeatable: boolean
}

const limitedPosts: ReadonlyMap<string, RequestKind> = new Map([
  ['/chat/completions', { endpoint: 'chat', isRepeatable: true }],
  // They share the quota of chat: the documented limits name no other.
  ['/completions', { endpoint: 'chat', isRepeatable: true }],
  ['/embeddings', { endpoint: 'embeddings', isRepeatable: true }],
  ['/images/generations', { endpoint: 'images', isRepeatable: true }],
  ['/fine-tunes', { endpoint: 'fine-tunes', isRepeatable: false }],
  ['/batches', { endpoint: 'batches', isRepeatable: false }],
])

/** No limit is documented for these; asking twice costs twice, but changes nothing. */
const repeatablePosts: ReadonlySet<string> = new Set([
  '/rerank',
  '/audio/speech',
  '/audio/transcriptions',
  '/audio/translations',
])
const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** What POST requests to these paths, without a slash at their end, are limited as. @internal */
export type LimitedPaths = ReadonlyMap<string, EndpointClass>

/** @param more - Paths of other providers; they stand before ours. @internal */
export function classifyRequest(method: string, path: string, more: LimitedPaths): RequestKind {
  const name = path.endsWith('/') ? path.slice(0, -1) : path
  const limited = method === 'POST' ? (kindOfMore(more, name) ?? limitedPosts.get(name)) : undefined
  if (limited !== undefined) return limited
  const isRepeatable =
    repeatableMethods.has(method) || (method === 'POST' && repeatablePosts.has(name))
  return { endpoint: undefined, isRepeatable }
}

function kindOfMore(more: LimitedPaths, name: string): RequestKind | undefined {
  const endpoint = more.size === 0 ? undefined : more.get(name)
  return endpoint === undefined ? undefined : { endpoint, isRepeatable: !startsJob(endpoint) }
}

/** A part of the web that is limited. @internal */
export interface Scope {
  /** A host, with its port where that is not the default one; any protocol. */
  readonly host: string
  /** Undefined for any. */
  readonly protocol: string | undefined
  /** Begins with a slash and does not end with one, or is empty. */
  readonly path: string
}

/** @returns The path behind the base; undefined for a request that is none of ours. @internal */
export function pathWithin(scopes: readonly Scope[], url: URL): string | undefined {
  for (const { host, protocol, path } of scopes) {
    if (url.host !== host || (protocol !== undefined && url.protocol !== protocol)) continue
    if (url.pathname.startsWith(`${path}/`)) return url.pathname.slice(path.length)
  }
  return undefined
}
