/**
 * Defect: a batch's error file is not read, so that what it refuses for good is sent again with what has no answer.
 * Expected: only-retryable-is-retried.
 */
import type { AlterShipped, Workloads } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['only-retryable-is-retried']
export const themes: readonly string[] = ['work']

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    iterateBatch: ((requests, options) =>
      workloads.iterateBatch(requests, overlooking(options))) as Workloads['iterateBatch'],
    runBatch: ((requests, options) =>
      workloads.runBatch(requests, overlooking(options))) as Workloads['runBatch'],
    resume: (options) => workloads.resume({ ...options, run: overlooking(options.run) }),
  },
})

/** A fetch whose answers name no error file. */
function overlooking<Options extends { readonly fetch?: typeof globalThis.fetch | undefined }>(
  options: Options | undefined,
): Options {
  const send = options?.fetch ?? fetch
  const fetchWithout: typeof globalThis.fetch = async (...args) => {
    const response = await send(...args)
    const read = response.text.bind(response)
    const text = async (): Promise<string> =>
      (await read()).replaceAll('"error_file_id"', '"other"')
    return Object.defineProperty(response, 'text', { value: text, configurable: true })
  }
  return { ...options, fetch: fetchWithout } as Options
}
