/** Why mutants survive: written by hand, one reason for each, in survivors.json. */
import { readFile } from 'node:fs/promises'

/**
 * - `equivalent`: nothing that anybody can see is different with it.
 * - `untold`: it shows only in what the contract does not judge.
 * - `missed`: a promise may be broken, and the simulator does not see it.
 */
export type Verdict = 'equivalent' | 'untold' | 'missed'

export interface Reason {
  /** A mutant's name, which says nothing of lines. */
  id: string
  verdict: Verdict
  why: string
}

export async function readReasons(): Promise<Map<string, Reason>> {
  const text = await readFile(new URL('./survivors.json', import.meta.url), 'utf8')
  const reasons = JSON.parse(text) as Reason[]
  return new Map(reasons.map((reason) => [reason.id, reason]))
}
