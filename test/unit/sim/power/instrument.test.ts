import { describe, expect, it } from 'vitest'
import { candidatesIn } from '../../../../sim/power/candidates.ts'
import { instrument } from '../../../../sim/power/instrument.ts'

/** Runs the code with one of its mutants on, or with none, and gives what `run` returns. */
function evaluate(code: string, pick: (change: string) => boolean): unknown {
  const mutants = candidatesIn('limiter/a.ts', code).map((candidate, number) => ({
    number,
    candidate,
  }))
  const on = mutants.find(({ candidate: { operator, from } }) => pick(`${operator}: ${from}`))
  const [first = '', ...rest] = instrument(code, mutants, './switch.ts').split(';')
  expect(first).toBe("import { isOn as isOn__ } from './switch.ts'")
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval
  const make = new Function('isOn__', `${rest.join(';')}\nreturn run()`) as (
    isOn: (number: number) => boolean,
  ) => unknown
  return make((number) => number === on?.number)
}

const none = (): boolean => false

/** Without semicolons, with an else that must stay with its if, and with a chain that ends early. */
const code = `
const list = []
function run() {
  let total = 0
  const steps = undefined
  for (let i = 0; i < 4; i += 1) {
    if (i > 1)
      list.push(i)
    else total += 10
    total += 1
  }
  total += steps?.filter((step) => step > 0).length ?? 100
  return [total, list.length]
}
`

describe('instrument', () => {
  it('changes nothing while no mutant is on', () => {
    expect(evaluate(code, none)).toEqual([124, 2])
  })

  it.each([
    ['statement-removed: list.push(i)', [124, 0]],
    ['statement-removed: total += 1', [120, 2]],
    ['arithmetic: total += 10', [84, 2]],
    ['boundary: i > 1', [114, 3]],
    ['condition-true: i > 1', [104, 4]],
    ['default-dropped: steps?.filter((step) => step > 0).length ?? 100', [Number.NaN, 2]],
  ])('turns on %s alone', (change, expected) => {
    expect(evaluate(code, (one) => one === change)).toEqual(expected)
  })

  it('keeps every line where it is', () => {
    const mutants = candidatesIn('limiter/a.ts', code).map((candidate, number) => ({
      number,
      candidate,
    }))
    expect(instrument(code, mutants, './switch.ts').split('\n')).toHaveLength(
      code.split('\n').length,
    )
  })
})
