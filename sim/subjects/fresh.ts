/** A subject for one run: an instance of its module that has seen no other run. */
import type { VirtualTime } from '../world/time.ts'
import { loadSubject } from './load.ts'
import type { Subject } from './types.ts'

let copies = 0

/** Time begins again before the module is loaded: what it reads at import belongs to the run. */
export async function loadFresh(time: VirtualTime, name: string, seed: number): Promise<Subject> {
  time.reset(seed)
  copies += 1
  return loadSubject(name, copies)
}
