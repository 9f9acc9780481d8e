/** The seeds without any mutant: all must hold, and which mutants they come to says where to look for each. */
import type { Bench, Ending } from './bench.ts'
import type { RunReport } from './messages.ts'
import { none } from './switch.ts'

export interface Baseline {
  bySeed: ReadonlyMap<number, RunReport>
  /** Mutants that are come to while modules are loaded: they act in every run. */
  atLoad: ReadonlySet<number>
}

/** @throws {Error} When seeds do not hold, naming all of them: they would find whatever is planted. */
export async function runBaseline(
  benches: readonly Bench[],
  seeds: readonly number[],
  onRun: () => void,
): Promise<Baseline> {
  const bySeed = new Map<number, RunReport>()
  const waiting = [...seeds]
  const atLoad = new Set<number>()
  const problems: string[] = []
  const runOn = async (bench: Bench): Promise<void> => {
    const problem = await bench.start(none)
    if (problem !== undefined) throw new Error(`the copy does not load: ${problem}`)
    for (const mutant of bench.metAtLoad) atLoad.add(mutant)
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const ending = await bench.run({ mutant: none, seed })
      const wrong = describeWrong(ending)
      if (wrong !== undefined) problems.push(`seed ${seed} ${wrong}`)
      if (ending.kind === 'judged') bySeed.set(seed, ending.report)
      onRun()
    }
  }
  await Promise.all(benches.map(runOn))
  if (problems.length > 0) throw new Error(`without a mutant: ${problems.join('; ')}`)
  return { bySeed, atLoad }
}

/** Undefined where all is well. */
function describeWrong(ending: Ending): string | undefined {
  if (ending.kind !== 'judged') return `ends by a ${ending.kind}: ${ending.message}`
  const { broken, message } = ending.report
  return broken.length === 0 ? undefined : `breaks ${broken.join(', ')}: ${message}`
}

/**
 * The seeds that can find a mutant, in the order in which they are tried: those that come to its place, one of each kind
 * in turn, the shorter ones first.
 */
export function seedsFor(mutant: number, { bySeed, atLoad }: Baseline): number[] {
  const kinds = new Map<string, { seed: number; checks: number }[]>()
  for (const [seed, { kind, checks, met }] of bySeed) {
    if (!atLoad.has(mutant) && !met.includes(mutant)) continue
    const own = kinds.get(kind) ?? []
    kinds.set(kind, own)
    own.push({ seed, checks })
  }
  const columns = [...kinds.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, own]) =>
      own.toSorted((left, right) => left.checks - right.checks || left.seed - right.seed),
    )
  const rows = Math.max(0, ...columns.map(({ length }) => length))
  return Array.from({ length: rows }, (_unused, row) =>
    columns.flatMap((column) => column[row]?.seed ?? []),
  ).flat()
}
