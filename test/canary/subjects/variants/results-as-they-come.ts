/**
 * Defect: a long run hands out each result as it comes and not in the order of the texts: what is quick overtakes.
 * Expected: results-match-requests.
 */
import type { AlterShipped, Workloads } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['results-match-requests']
export const themes: readonly string[] = ['work']

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    embedDocuments: ((texts, model, options) =>
      inPairs(workloads.embedDocuments(texts, model, options))) as Workloads['embedDocuments'],
  },
})

/** The second of two is the quicker one. */
async function* inPairs<T>(results: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  let held: { result: T } | undefined
  for await (const result of results) {
    if (held === undefined) {
      held = { result }
      continue
    }
    yield result
    yield held.result
    held = undefined
  }
  if (held !== undefined) yield held.result
}
