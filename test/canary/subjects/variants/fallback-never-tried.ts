/**
 * Defect: the models that are to take over are taken note of, and never asked.
 * Expected: fallback-is-tried.
 */
import type { AlterShipped, Workloads } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['fallback-is-tried']
export const themes: readonly string[] = ['work']

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    iterateRequests: ((requests, options) =>
      workloads.iterateRequests(requests, {
        ...options,
        fallbackModels: [],
      })) as Workloads['iterateRequests'],
    runRequests: ((requests, options) =>
      workloads.runRequests(requests, {
        ...options,
        fallbackModels: [],
      })) as Workloads['runRequests'],
  },
})
