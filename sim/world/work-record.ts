/**
 * What long runs were given and what they handed out, as plain data.
 */
import type { WorkPlan } from '../scenario/types.ts'

/** One text or request that a run was given. */
export interface WorkInput {
  /** By this its caller knows it again; a text is known by its place alone. */
  id: string
  /** What is asked, without the model. */
  content: string
  /** The status with which every server refuses it, where it is poison. */
  poison: number | undefined
}

/** One result that a run handed out. */
export interface WorkResult {
  atMs: number
  index: number
  id: string
  /** The model that is said to have answered. */
  model: string
  /** The answer, as `ServedRecord` has it; undefined for a failure. */
  value: string | undefined
  /** Of a failure. */
  status: number | undefined
}

/**
 * - `completed`: without an error, or with one that says no more than which items were refused.
 * - `stopped`: it says itself that it cannot go on.
 * - `aborted`: with its caller's own reason.
 * - `left`: its consumer takes no more results.
 * - `failed`: with anything else.
 */
export type WorkEnd = 'pending' | 'completed' | 'stopped' | 'aborted' | 'left' | 'failed'

/** One start of a run whose output is its checkpoint. */
export interface WorkStart {
  atMs: number
  /** The number of its process. */
  process: number
  /** What was in the output by then, of which nothing has to be asked again. */
  done: ReadonlySet<string>
  /** The output ends in the middle of a line, or of nothing. */
  isTorn: boolean
  endedAtMs: number | undefined
  /** `crashed`, `completed`, or why it stopped; undefined while it goes on. */
  end: string | undefined
}

/** A long run. */
export interface WorkRecord {
  id: number
  plan: WorkPlan
  inputs: WorkInput[]
  startedAtMs: number | undefined
  abortedAtMs: number | undefined
  endedAtMs: number | undefined
  end: WorkEnd
  /** Why it stopped, or the name of the error that it failed with. */
  reason: string | undefined
  /** What the error of a stopped run says it has done. */
  claimed: { done: number; failed: number } | undefined
  /** In the order in which they were handed out. */
  results: WorkResult[]
  /** Of a file. */
  starts: WorkStart[]
  signal: AbortSignal | undefined
}

/** By `servedKey`, what the server answered well to it; the vectors as whole millionths, other answers whole. */
export type ServedRecord = Map<string, Set<string>>

/** What was asked of whom. */
export function servedKey(model: string, content: string): string {
  return `${model} ${content}`
}

/** A vector in whole millionths: a float of single precision gives the same as the number it was made of. */
export function vectorValue(vector: Iterable<number>): string {
  return Array.from(vector, (part) => Math.round(part * 1_000_000)).join(' ')
}
