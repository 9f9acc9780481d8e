/**
 * The metrics as Prometheus text, written by prom-client, which is loaded when somebody asks for them first.
 *
 * Its registry is made anew for each answer from plain numbers, so that there is no state beside the tally and nothing
 * global.
 */

import type * as PromClient from 'prom-client'
import { delayBoundsS, type NamedSums, type RequestTally } from './request-tally.ts'
import type { MockState } from '../handler.ts'

/** How prom-client is loaded. @internal */
export type LoadPromClient = () => Promise<Pick<typeof PromClient, 'AggregatorRegistry'>>

/** What is answered where it is not there. @internal */
export const NEEDS_PROM_CLIENT = 'needs prom-client: npm i prom-client'

/** The usual way. @internal */
export const loadPromClient: LoadPromClient = () => import('prom-client')

/** A metric in the form in which prom-client hands them from process to process. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'first'
  readonly values: readonly Sample[]
}

interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** The text and its content type; undefined where prom-client is not installed. @internal */
export async function renderMetrics(
  tally: RequestTally,
  state: MockState,
  load: LoadPromClient,
): Promise<{ type: string; body: string } | undefined> {
  const client = await load().catch(() => undefined)
  if (client === undefined) return undefined
  const registry = client.AggregatorRegistry.aggregate([describeMetrics(tally, state)])
  return { type: registry.contentType, body: await registry.metrics() }
}

function describeMetrics(tally: RequestTally, state: MockState): readonly Metric[] {
  return [
    counter('requests', 'Requests by endpoint and status; 0 is no answer.', requestSamples(tally)),
    counter('refusals', 'Requests that a limit refused.', samplesOf(tally.refusals, 'limit')),
    counter('faults', 'Requests that met a fault.', samplesOf(tally.faults, 'fault')),
    counter('tokens', 'Tokens of prompts and answers.', samplesOf(tally.tokens, 'endpoint')),
    delayHistogram(tally),
    gauge(
      'running_jobs',
      'Jobs that are not finished.',
      Object.entries(state.jobs).map(([kind, { running }]) => ({
        value: running,
        labels: { kind },
      })),
    ),
    gauge('journal_length', 'Entries of the journal.', [
      { value: state.journalLength, labels: {} },
    ]),
  ]
}

function counter(name: string, help: string, values: readonly Sample[]): Metric {
  return { name: `mock_together_${name}_total`, help, type: 'counter', aggregator: 'first', values }
}

function gauge(name: string, help: string, values: readonly Sample[]): Metric {
  return { name: `mock_together_${name}`, help, type: 'gauge', aggregator: 'first', values }
}

function requestSamples({ requests }: RequestTally): Sample[] {
  return [...requests].flatMap(([endpoint, statuses]) =>
    [...statuses].map(([status, value]) => ({ value, labels: { endpoint, status } })),
  )
}

function samplesOf(sums: NamedSums, label: string): Sample[] {
  return [...sums.entries()].map(([name, value]) => ({ value, labels: { [label]: name } }))
}

function delayHistogram({ delayCounts, delaySumMs }: RequestTally): Metric {
  const name = 'mock_together_delivery_delay_seconds'
  let count = 0
  const buckets = delayCounts.map((inBucket, index) => {
    count += inBucket
    const labels = { le: delayBoundsS[index] ?? '+Inf' }
    return { value: count, labels, metricName: `${name}_bucket` }
  })
  const help = 'Time from a request to the beginning of its answer, in simulated seconds.'
  return {
    name,
    help,
    type: 'histogram',
    aggregator: 'first',
    values: [
      ...buckets,
      { value: delaySumMs / 1_000, labels: {}, metricName: `${name}_sum` },
      { value: count, labels: {}, metricName: `${name}_count` },
    ],
  }
}
