/**
 * The tables of the README say what the sources say: no row too few, none too many, no default that has changed since.
 */
import { describe, expect, it } from 'vitest'
import { helpText, runsDefault } from '../../sim/options.ts'
import { invariants } from '../../sim/invariants/index.ts'
import { meanings } from '../../sim/report/html/meanings.ts'
import { toResult } from '../../sim/report/result.ts'
import {
  batchDefaults,
  embedDefaults,
  fineTuneDefaults,
  runDefaults,
} from '../../src/batch/index.ts'
import { eventTypes } from '../../src/core/events.ts'
import { fetchDefaults } from '../../src/fetch/index.ts'
import { channels } from '../../src/core/event-outbox.ts'
import { limiterDefaults } from '../../src/limiter/index.ts'
import { createCounters } from '../../src/limiter/snapshot.ts'
import { retryDefaults } from '../../src/retry/index.ts'
import { adminRoutes } from '../../src/server/admin/routes.ts'
import { readProjectFile, readTable, sorted } from './documents.ts'

const readme = 'README.md'

describe('the errors', () => {
  const source = readProjectFile('src/core/errors.ts')
  const rows = readTable(readme, 'code').map(([code, name]) => `${code} ${name}`)

  it('are all in the table, and no others', () => {
    const classes = [
      ...source.matchAll(
        /^export class (\w+)(?:<[^>]*>)? extends \w+ \{\n {2}readonly code = '(\w+)'/gm,
      ),
    ]
    expect(classes.length).toBeGreaterThan(0)
    expect(sorted(rows)).toEqual(sorted(classes.map(([, name, code]) => `${code} ${name}`)))
  })

  it('have the codes of ErrorCode, each one class', () => {
    const union = /^export type ErrorCode =((?:\n {2}\| '\w+')+)/m.exec(source)?.[1] ?? ''
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
    expect(sorted(rows.map((row) => row.split(' ')[0]))).toEqual(sorted(codes))
  })

  it('are those whose names the file sets', () => {
    const named = [...source.matchAll(/^nameError\((\w+), '(\w+)'\)/gm)]
    expect(named.filter(([, constructor, name]) => constructor !== name)).toEqual([])
    expect(named.map(([, name]) => name)).toEqual(
      expect.arrayContaining(rows.map((row) => row.split(' ')[1])),
    )
  })
})

describe('the reasons of a fine-tune', () => {
  it('are all in the table, in their order', () => {
    const source = readProjectFile('src/core/error-texts.ts')
    const union = /^export type FineTuneReason =((?:\n {2}\| '[\w-]+')+)/m.exec(source)?.[1] ?? ''
    const documented = readTable(readme, 'reason').map(([reason]) => reason)
    expect(documented).toEqual([...union.matchAll(/'([\w-]+)'/g)].map(([, reason]) => reason))
  })
})

describe('the options', () => {
  it.each([
    ['limiter option', 'src/limiter/options.ts', 'LimiterOptions'],
    ['request field', 'src/limiter/request.ts', 'AcquireRequest'],
    ['retry option', 'src/retry/types.ts', 'RetryOptions'],
    ['fetch option', 'src/fetch/options.ts', 'RateLimitedFetchOptions'],
    ['embed option', 'src/batch/embed/options.ts', 'EmbedOptions'],
    ['batch option', 'src/batch/jobs/options.ts', 'BatchRunOptions'],
  ])('of the table %s are the fields of %s %s', (heading, file, name) => {
    const documented = readTable(readme, heading).map(([option]) => option)
    expect(sorted(documented)).toEqual(sorted(fieldsOf(file, name)))
  })

  it.each([
    ['run option', 'src/batch/run-options.ts', 'RunOptions'],
    ['queue option', 'src/batch/fine-tunes/options.ts', 'FineTuneQueueOptions'],
  ])('of the table %s are the fields of %s %s, and those of the API', (heading, file, name) => {
    const fields = [...fieldsOf(file, name), ...fieldsOf('src/batch/api.ts', 'ApiOptions')]
    const documented = readTable(readme, heading).map(([option]) => option)
    expect(sorted(documented)).toEqual(sorted(fields))
  })

  it.each([
    ['limiter option', limiterDefaults],
    ['retry option', retryDefaults],
    ['embed option', embedDefaults],
    ['run option', runDefaults],
    ['batch option', batchDefaults],
    ['queue option', fineTuneDefaults],
  ])('of the table %s have the defaults that the code has', (heading, defaults) => {
    const documented = new Map(readTable(readme, heading).map(([name, value]) => [name, value]))
    const actual = Object.entries(defaults).map(([name, value]) => [name, show(name, value)])
    expect(actual.length).toBeGreaterThan(0)
    expect(actual.map(([name]) => [name, documented.get(name ?? '')])).toEqual(actual)
  })
})

describe('the options of the fetch', () => {
  it('have the defaults of the table and its text', () => {
    const documented = new Map(
      readTable(readme, 'fetch option').map(([name, ...rest]) => [name, rest]),
    )
    expect(documented.get('finalFailure')?.[0]).toBe(`'${fetchDefaults.finalFailure}'`)
    const attemptTimeout = fetchDefaults.attemptTimeoutMs.toLocaleString('en-US')
    expect(documented.get('retry')?.[1]).toContain(`${attemptTimeout} ms`)
    expect(fetchDefaults.hosts).toEqual(['api.together.ai', 'api.together.xyz'])
  })
})

describe('the events', () => {
  const file = 'src/core/events.ts'
  const rows = readTable(readme, 'event')

  it('are those of the table, in their order, each with its fields', () => {
    const actual = eventTypes.map((type) => {
      const name = `${type.slice(0, 1).toUpperCase()}${type.slice(1)}Event extends EventOrigin`
      return [type, fieldsOf(file, name).filter((field) => field !== 'type')]
    })
    expect(rows.map(([type, , fields]) => [type, fields?.split(', ')])).toEqual(actual)
  })

  it('have one channel each, of the name that the table promises', () => {
    const names = eventTypes.map((type) => `together-rate-limits:${type}`)
    expect(sorted(Object.keys(channels))).toEqual(sorted(eventTypes))
    expect(eventTypes.map((type) => channels[type].name)).toEqual(names)
  })

  it('have in common what the text before the table says', () => {
    const text = readProjectFile(readme)
      .split('\n')
      .find((line) => line.startsWith('Each event has'))
    const named = [...(text ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)
    expect(sorted(named)).toEqual(sorted(['type', ...fieldsOf(file, 'EventOrigin')]))
  })

  it('are counted by the counters of the table', () => {
    const documented = readTable(readme, 'counter').map(([name]) => name)
    const limiter = fieldsOf('src/limiter/snapshot.ts', 'LimiterCounters extends RetryCounters')
    const retry = fieldsOf('src/core/observation.ts', 'RetryCounters')
    expect(documented).toEqual([...limiter, ...retry])
    expect(sorted(documented)).toEqual(sorted(Object.keys(createCounters())))
  })
})

describe('the simulator', () => {
  const empty = { runs: 0, passed: 0, violations: [], checks: {}, sometimes: {}, traceHash: '' }
  const result = toResult(empty, { subject: '', profile: '' }, () => '')

  it('judges by the invariants of the table', () => {
    const judged = [...invariants.map(({ name }) => name), 'same-seed-same-trace']
    const documented = readTable(readme, 'invariant').map(([name]) => name)
    expect(sorted(documented)).toEqual(sorted(judged))
    expect(sorted(documented)).toEqual(sorted(Object.keys(result.checks)))
  })

  it('says of each invariant in its report what the table says', () => {
    const documented = readTable(readme, 'invariant')
    expect(Object.entries(meanings)).toEqual(documented)
  })

  it('writes the fields of the table', () => {
    const documented = readTable(readme, 'field of the JSON').map(([name]) => name)
    expect(sorted(documented)).toEqual(sorted(Object.keys(result)))
  })

  it('ends with the codes of the table', () => {
    const source = readProjectFile('sim/cli.ts')
    const codes = /^const exits = \{(.*)\} as const/m.exec(source)?.[1] ?? ''
    const documented = readTable(readme, 'exit').map(([code]) => code)
    expect(documented).toEqual([...codes.matchAll(/\d+/g)].map(([code]) => code))
  })

  it('has the flags that the README leaves to --help, and says how many seeds it runs', () => {
    expect(helpText).toContain(`default ${runsDefault}`)
    expect(readProjectFile(readme)).toContain('npm run sim -- --help')
  })
})

describe('the admin API', () => {
  it('has the paths of the table, in their order', () => {
    const documented = readTable(readme, 'behind /__admin').map(([path]) => path)
    expect(documented).toEqual(adminRoutes.map(({ method, path }) => `${method} ${path}`.trim()))
  })
})

function fieldsOf(file: string, name: string): string[] {
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{([^]*?)^\\}`, 'm').exec(
    readProjectFile(file),
  )?.[1]
  return [...(body ?? '').matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(
    ([, field]) => field ?? '',
  )
}

/** A default as the table writes it. */
function show(name: string, value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US')
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'boolean') return `${value}`
  return { profile: 'documentedProfile', clock: 'systemClock' }[name] ?? 'unknown'
}
