/**
 * Defect: the texts that were refused leave no gap among the vectors, and each one after them has its neighbour's.
 * Expected: results-match-requests.
 */
import { PartialResultError } from '../../../../src/core/errors.ts'
import type { AlterShipped, Workloads } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['results-match-requests']
export const themes: readonly string[] = ['work']

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    batchEmbedDocuments: (async (texts, model, options) => {
      try {
        return await workloads.batchEmbedDocuments(texts, model, options)
      } catch (error) {
        if (!(error instanceof PartialResultError)) throw error
        const { results, failures, cause } = error
        const whole = results.filter((result) => result !== undefined)
        throw new PartialResultError({ results: whole, failures, cause })
      }
    }) as Workloads['batchEmbedDocuments'],
  },
})
