import { describe, expect, it } from 'vitest'
import { readOutput, writeInput } from '../../../../sim/world/output-file.ts'
import { makeInput, makePlan, makeWork } from '../../../helpers/work-record.ts'

describe('writeInput', () => {
  it('has a line for each item, a text or a request', () => {
    const embed = makeWork({ plan: makePlan({ kind: 'embed' }), inputs: [makeInput(0)] })
    expect(writeInput(embed)).toBe('{"custom_id":"id-0","text":"item 0"}\n')
    const run = makeWork({ plan: makePlan(), inputs: [makeInput(0)] })
    const messages = [{ role: 'user', content: 'item 0' }]
    const body = { model: 'chat', messages, max_tokens: 1 }
    expect(writeInput(run)).toBe(`${JSON.stringify({ custom_id: 'id-0', body })}\n`)
  })
})

describe('readOutput', () => {
  const work = makeWork({
    inputs: [makeInput(0), makeInput(1), makeInput(2, { content: 'item 0' })],
  })

  it('reads vectors, answers and refusals, in the order of the lines', () => {
    const answer = { id: 1, model: 'other' }
    const lines = [
      { custom_id: 'id-1', response: { status_code: 200, body: answer } },
      { custom_id: 'id-0', model: 'embed', embedding: [0.5, -1] },
      { custom_id: 'id-2', error: { message: 'no', status: 422 } },
    ]
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    expect(readOutput(work, text)).toEqual({
      isTorn: false,
      done: new Set(['item 0', 'item 1']),
      results: [
        { index: 1, id: 'id-1', model: 'other', value: JSON.stringify(answer), status: undefined },
        { index: 0, id: 'id-0', model: 'embed', value: '500000 -1000000', status: undefined },
        { index: 2, id: 'id-2', model: '', value: undefined, status: 422 },
      ],
    })
  })

  it('takes a text for done where all its places are', () => {
    const line = JSON.stringify({ custom_id: 'id-0', model: 'embed', embedding: [1] })
    expect(readOutput(work, `${line}\n`).done).toEqual(new Set())
  })

  it('takes what is no line, or has no end, for the result of no input', () => {
    const { results, done, isTorn } = readOutput(work, 'not JSON\n{"custom_id":"id-')
    expect(results.map(({ index, id }) => [index, id])).toEqual([
      [-1, 'not JSON'],
      [-1, '{"custom_id":"id-'],
    ])
    expect([done, isTorn]).toEqual([new Set(), true])
  })
})
