import { describe, expect, it } from 'vitest'
import { candidatesIn } from '../../../../sim/power/candidates.ts'

/** What becomes of a piece of code, one entry a mutant. */
function mutantsOf(code: string, file = 'limiter/lane.ts'): string[] {
  return candidatesIn(file, code).map(
    ({ operator, from, to = 'nothing' }) => `${operator}: ${from} -> ${to}`,
  )
}

describe('the rules of mutation', () => {
  it.each([
    ['if (a) b = 1', ['condition-false: a -> false', 'condition-true: a -> true']],
    ['while (a) b()', ['condition-false: a -> false']],
    ['x = a < b', ['boundary: a < b -> (a) <= (b)']],
    ['x = a === b', ['equality: a === b -> (a) !== (b)']],
    ['x = a && b', ['and-or: a && b -> (a) || (b)']],
    ['x = a ?? b', ['default-dropped: a ?? b -> a']],
    ['const { a = b } = c', ['default-dropped: b -> undefined']],
    ['x = !a', ['not-dropped: !a -> a']],
    ['x = a - b', ['arithmetic: a - b -> (a) + (b)']],
    ['a += b', ['arithmetic: a += b -> a -= b']],
    ['x = -a', ['minus-dropped: -a -> a']],
    ['x = 0', ['number: 0 -> 1']],
    ['x = 60_000', ['number: 60_000 -> 30000', 'number: 60_000 -> 120000']],
    ['x = true', ['boolean: true -> false']],
    ['x = Math.max(a, b)', ['math: Math.max(a, b) -> Math.min(a, b)']],
    ['this.#x.release()', ['statement-removed: this.#x.release() -> nothing']],
    ['f(() => this.#wake())', ['callback-emptied: this.#wake() -> undefined']],
    ['x = a.shift()', ['method: a.shift() -> a.pop()']],
    ['x = a.filter(b)', ['step-left-out: a.filter(b) -> a']],
    ['x = a.toSorted(b)', ['order-reversed: a.toSorted(b) -> a.toSorted(b).toReversed()']],
    ['async () => { await a() }', ['await-dropped: await a() -> a()']],
  ])('%s', (code, expected) => {
    const wrapped = `class A { #x; #wake() {} async m() { ${code} } }`
    expect(mutantsOf(wrapped)).toEqual(expect.arrayContaining(expected))
  })

  it('leaves types alone, and texts, checks of options and what is only told', () => {
    expect(mutantsOf('type A = 1 | 2\ninterface B { c: 3 }\nconst d = e as 4')).toEqual([])
    expect(mutantsOf('const a = `b ${c + 1}`')).toEqual([])
    expect(mutantsOf('function f(a) { throw new RangeError(a + 1) }')).toEqual([])
    expect(mutantsOf('function assertWhole(a) { if (a < 1) b = 2 }')).toEqual([])
    expect(mutantsOf('if (a < 1) throw new InvalidOptionError("a", a, "b")')).toEqual([])
    expect(mutantsOf('class A { m() { this.events.granted(1) } }')).toEqual([])
    expect(mutantsOf('x = 1', 'limiter/snapshot.ts')).toEqual([])
  })

  it('names a mutant the same wherever it stands in its file, and twins by their order', () => {
    const [early] = candidatesIn('limiter/a.ts', 'x = true')
    const [late] = candidatesIn('limiter/a.ts', '\n\n// more\nx = true')
    expect(late).toMatchObject({ id: early?.id, line: 4 })
    const twins = candidatesIn('limiter/a.ts', 'x = true\nx = true').filter(
      ({ operator }) => operator === 'boolean',
    )
    expect(new Set(twins.map(({ id }) => id)).size).toBe(2)
  })
})
