import { describe, expect, it } from 'vitest'
import { ModelCatalogue, nearestNames } from '../../../src/batch/models.ts'

function listing(body: unknown, status = 200): ModelCatalogue {
  return new ModelCatalogue(async () => ({ status, text: JSON.stringify(body), namedMs: 0 }))
}

describe('the catalogue', () => {
  it.each([
    ['Together', [{ id: 'a/one' }, { id: 'b/two' }]],
    ['OpenAI', { object: 'list', data: [{ id: 'a/one' }, { id: 'b/two' }] }],
  ])('reads the list of %s', async (_who, body) => {
    const models = listing(body)
    expect(await models.findMissing('a/one')).toBeUndefined()
    expect(await models.findMissing('a/two')).toEqual(['b/two', 'a/one'])
  })

  it.each([
    ['is refused', listing([{ id: 'a' }], 401)],
    ['is empty', listing([])],
    ['is none', listing('a')],
    ['has no ids', listing([{ name: 'a' }, null])],
  ])('finds nothing missing where the list %s', async (_why, models) => {
    expect(await models.findMissing('b')).toBeUndefined()
  })
})

describe('a price', () => {
  it.each([
    [
      { input: 1, output: 2, base: 0 },
      { input: 1, output: 2 },
    ],
    [
      { input: 0.1, output: 0 },
      { input: 0.1, output: 0 },
    ],
    // What a model has that is not sold by tokens.
    [{ input: 0, output: 0 }, undefined],
    [{ input: 1 }, undefined],
    [{ input: '1', output: '2' }, undefined],
    [{ input: -1, output: 2 }, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('is read from %j', async (pricing, price) => {
    const models = listing([{ id: 'b' }, { id: 'a', pricing }])
    expect(await models.priceOf('a')).toEqual(price)
    expect(await models.priceOf('c')).toBeUndefined()
  })
})

describe('nearestNames', () => {
  it('finds what was meant', () => {
    const names = ['Qwen/Qwen2.5-7B-Instruct-Turbo', 'BAAI/bge-base-en-v1.5', 'mock/embed-32', 'x']
    expect(nearestNames('baai/bge-base-en', names)[0]).toBe('BAAI/bge-base-en-v1.5')
    expect(nearestNames('Qwen/Qwen2.5-7B-Instruct', names)[0]).toBe(names[0])
    expect(nearestNames('', names)).toHaveLength(3)
    expect(nearestNames('a', [])).toEqual([])
  })

  it('puts equals in the order of the alphabet', () => {
    expect(nearestNames('m', ['b', 'a', 'c'])).toEqual(['a', 'b', 'c'])
  })
})
