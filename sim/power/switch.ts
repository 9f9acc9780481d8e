/** Which of the planted defects is on, and which have been come to. The instrumented copy asks at each of their places. */

/** None is on. */
export const none = -1

/** More than there are candidates. */
const mutantsMax = 65_536

let active: number = none
const met = new Uint8Array(mutantsMax)

/** Called from the instrumented copy only. */
export function isOn(mutant: number): boolean {
  met[mutant] = 1
  return mutant === active
}

export function turnOn(mutant: number): void {
  active = mutant
}

/** The mutants whose places were come to since it was asked last. */
export function takeMet(): number[] {
  const list: number[] = []
  for (const [mutant, isMet] of met.entries()) if (isMet === 1) list.push(mutant)
  met.fill(0)
  return list
}
