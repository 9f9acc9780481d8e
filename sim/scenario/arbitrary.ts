/**
 * Scenarios as values of fast-check: drawn from a seed, as everywhere, and shrunk as what they are. Any scenario shrinks,
 * one that was read from a file, too.
 */
import * as fc from 'fast-check'
import { drawScenario, type ScenarioKind } from './draw-scenario.ts'
import { findUnfair } from './legal.ts'
import { requiredParts } from './parts.ts'
import { beginning, reduceScenario, type Progress } from './reduce/index.ts'
import type { Scenario } from './types.ts'

/** Fair scenarios of a kind. */
export function scenarios(kind: ScenarioKind): fc.Arbitrary<Scenario> {
  return new ScenarioArbitrary(kind)
}

class ScenarioArbitrary extends fc.Arbitrary<Scenario> {
  readonly #kind: ScenarioKind

  constructor(kind: ScenarioKind) {
    super()
    this.#kind = kind
  }

  override generate(random: fc.Random): fc.Value<Scenario> {
    const seed = random.nextInt(0, 0x7f_ff_ff_ff)
    return new fc.Value(drawScenario(seed, this.#kind), beginning)
  }

  override canShrinkWithoutContext(value: unknown): value is Scenario {
    const fields: Partial<Scenario> = Object(value)
    const isWhole = requiredParts.every((name) => fields[name] !== undefined)
    return isWhole && findUnfair(fields as Scenario) === undefined
  }

  override shrink(scenario: Scenario, progress: unknown): fc.Stream<fc.Value<Scenario>> {
    // It is ours: fast-check gives back what came with the value.
    return fc.stream(valuesOf(scenario, (progress as Progress | undefined) ?? beginning))
  }
}

function* valuesOf(scenario: Scenario, from: Progress): Generator<fc.Value<Scenario>, void> {
  for (const { scenario: smaller, progress } of reduceScenario(scenario, from)) {
    yield new fc.Value(smaller, progress)
  }
}
