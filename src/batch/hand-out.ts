/**
 * Lets a run happen: its items go in as there are places, and the results come out in order, until the consumer leaves.
 */
import { inOrder } from './in-order.ts'
import type { LongRun } from './long-run.ts'

/**
 * The results of all items.
 *
 * @param work - One item's results; none are handed out of items whose work throws.
 * @throws What `inOrder` does; the reason of the run's signal.
 * @internal
 */
export async function* handOut<In, Out>(
  run: LongRun,
  source: AsyncIterable<In> | Iterable<In>,
  work: (item: In) => Promise<Out[]>,
): AsyncGenerator<Out, void, undefined> {
  const { signal, inFlightMax, aheadMax } = run.settings
  signal?.throwIfAborted()
  const abort = (): void => run.cancel(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    const bounds = { workingMax: inFlightMax, aheadMax, signal }
    const batches = inOrder(source, (item) => endingRun(run, work(item)), bounds)
    for await (const results of batches) yield* results
    // An item that gave what it had until then hides it.
    run.throwIfEnded()
  } finally {
    signal?.removeEventListener('abort', abort)
    // Nothing stays under way that nobody waits for.
    run.cancel(new DOMException('nobody takes the results any more', 'AbortError'))
  }
}

/** Whatever an item throws ends the run: it may be the one that all others wait for at the gate. */
async function endingRun<Out>(run: LongRun, working: Promise<Out>): Promise<Out> {
  try {
    return await working
  } catch (error) {
    run.fail(error)
    throw error
  }
}
