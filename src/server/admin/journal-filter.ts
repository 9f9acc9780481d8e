/**
 * Reads the query of the journal: which entries are wanted, and how many. What cannot be read is refused by its name.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { requireFinite, requireWhole } from '../options.ts'
import { serverEndpoints, type JournalEntry } from '../handler.ts'

/** Which entries are wanted. @internal */
export interface JournalFilter {
  readonly matches: (entry: JournalEntry) => boolean
  /** The newest so many. */
  readonly limit: number
}

type Test = (entry: JournalEntry) => boolean

const LIMIT_DEFAULT = 1_000
const LIMIT_MAX = 100_000_000
/** What the journal shows of a key at the most. A whole key has no place in an address. */
const KEY_END_LENGTH_MAX = 4
/** Stands for the paths that are none of the API's. */
const NO_ENDPOINT = 'none'

const tests: Readonly<Record<string, (value: string) => Test>> = {
  endpoint: (value) => {
    const known = [...serverEndpoints, NO_ENDPOINT]
    if (!known.some((endpoint) => endpoint === value)) {
      throw new InvalidOptionError('endpoint', value, `one of ${known.join(', ')}`)
    }
    return ({ endpoint = NO_ENDPOINT }) => endpoint === value
  },
  status: (value) => {
    const wanted = requireWhole('status', toNumber(value), [0, 599])
    return ({ status }) => status === wanted
  },
  model: (value) => {
    const wanted = requireText('model', value)
    return ({ model }) => model === wanted
  },
  key: (value) => {
    const end = requireText('key', value)
    if (end.length > KEY_END_LENGTH_MAX) {
      throw new InvalidOptionError('key', '', 'the last four characters of a key, or fewer')
    }
    return ({ key }) => key.replace('…', '').endsWith(end)
  },
  refusedBy: (value) => {
    const wanted = requireText('refusedBy', value)
    return ({ refusedBy }) => refusedBy === wanted
  },
  fault: (value) => {
    const wanted = requireText('fault', value)
    return ({ fault }) => fault === wanted
  },
  fromMs: (value) => {
    const fromMs = requireInstant('fromMs', value)
    return ({ atMs }) => atMs >= fromMs
  },
  toMs: (value) => {
    const toMs = requireInstant('toMs', value)
    return ({ atMs }) => atMs < toMs
  },
}

/** @throws {InvalidOptionError} Naming the filter. @internal */
export function readJournalFilter(query: URLSearchParams): JournalFilter {
  const wanted: Test[] = []
  let limit = LIMIT_DEFAULT
  for (const [name, value] of query) {
    if (query.getAll(name).length > 1) throw new InvalidOptionError(name, '', 'one value')
    if (name === 'limit') {
      limit = requireWhole('limit', toNumber(value), [1, LIMIT_MAX])
      continue
    }
    const read = Object.hasOwn(tests, name) ? tests[name] : undefined
    if (read === undefined) {
      const known = [...Object.keys(tests), 'limit'].join(', ')
      throw new InvalidOptionError(name, value, `nothing: known are ${known}`)
    }
    wanted.push(read(value))
  }
  return { matches: (entry) => wanted.every((test) => test(entry)), limit }
}

function requireText(name: string, value: string): string {
  if (value === '') throw new InvalidOptionError(name, value, 'a value')
  return value
}

function requireInstant(name: string, value: string): number {
  const bound = Number.MAX_SAFE_INTEGER
  return requireFinite(name, toNumber(value), [-bound, bound])
}

/** What spells no decimal number is no number: not the empty text, not `0x10`. */
function toNumber(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
}
