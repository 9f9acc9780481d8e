/** What the report shows, gathered before anything is drawn. */
import type { CounterExample } from '../../counter-examples.ts'
import type { RunSummary } from '../../judge.ts'
import type { RunRecord } from '../../world/record.ts'
import type { SimResult } from '../result.ts'

export interface ReportInput {
  result: SimResult
  /** By it the same report is made again. */
  command: string
  seeds: { first: number; last: number }
  /** Hash of what the run is a statement about. */
  sources: string
  /** The "sometimes" have to be met. */
  isGated: boolean
  /** In the order of their seeds. */
  summaries: readonly RunSummary[]
  examples: readonly CounterExample[]
  /** Runs that are shown whole. */
  shown: readonly ShownRun[]
}

export interface ShownRun {
  record: RunRecord
  summary: RunSummary
  replay: string
}
