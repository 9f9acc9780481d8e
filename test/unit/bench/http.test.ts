import { describe, expect, it } from 'vitest'
import { Ajv } from 'ajv'
import { benchCases, requestHeaders } from '../../../bench/http/cases.ts'
import { medianOf } from '../../../bench/http/median.ts'
import { parseMemoryBench, parseMockBench, parseSdkBench } from '../../../bench/http/options.ts'
import { formatTable } from '../../../bench/http/sdk/table.ts'
import { requestSchemas, responseSchemas } from '../../../bench/http/servers/schemas.ts'
import { findServerProfile, MockTogether } from '../../../src/server/index.ts'

describe('the benches of the mock', () => {
  it.each(benchCases)('ask what the mock answers and the bare server validates: $name', (one) => {
    const { name, path, body } = one
    const profile = findServerProfile('unlimited')
    const mock = new MockTogether(profile === undefined ? {} : { profile })
    const answer = mock.handle({ method: 'POST', path, headers: requestHeaders, body }, 0)
    expect(answer.status).toBe(200)
    const ajv = new Ajv()
    expect(ajv.validate(requestSchemas[name], JSON.parse(body))).toBe(true)
    expect(ajv.validate(responseSchemas[name], JSON.parse(answer.body))).toBe(true)
    expect(ajv.validate(responseSchemas[name], {})).toBe(false)
  })

  it('read their flags', () => {
    expect(parseMockBench([])).toMatchObject({ rounds: 5, secondsPerRound: 4, jsonFile: undefined })
    expect(parseMockBench(['--quick', '--json', 'a.json'])).toMatchObject({
      secondsPerRound: 1,
      jsonFile: 'a.json',
    })
    expect(parseMemoryBench([])).toEqual({ requests: 1_000_000, isHttp: false })
    expect(parseMemoryBench(['--http', '--requests', '50'])).toEqual({ requests: 50, isHttp: true })
    expect(() => parseMemoryBench(['--requests', '0'])).toThrow('--requests 0')
    expect(() => parseMockBench(['--slow'])).toThrow('--slow')
    expect(parseSdkBench([])).toEqual({ calls: 2_000, jsonFile: undefined })
    expect(() => parseSdkBench(['--calls', '1.5'])).toThrow('--calls 1.5')
  })
})

describe('formatTable', () => {
  it('aligns what it shows', () => {
    const run = {
      client: 'a',
      way: 'whole',
      calls: 1_000,
      answered: 999,
      reasons: {},
      fetches: 1_000,
      requests: 1_100,
      requestsPerCallMax: 3,
      needless: 0,
      faulty: 100,
      refused: 0,
      tookMs: 1_234,
    } as const
    expect(formatTable([run])).toBe(
      '| client | set up      | answered | requests | most a call | over limit | seconds |\n' +
        '| ------ | ----------- | -------: | -------: | ----------: | ---------: | ------: |\n' +
        '| `a`    | all of ours |  99.90 % |    1,100 |           3 |          0 |     1.2 |\n',
    )
  })
})

describe('medianOf', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[10, 9], 9.5],
    [[7], 7],
    [[], NaN],
  ])('%j is %d', (values, median) => {
    expect(medianOf(values)).toBe(median)
  })
})
