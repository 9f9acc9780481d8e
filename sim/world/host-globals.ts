/** The host's own timers and chance, for work that is not the subject's. */

const names = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
] as const

/**
 * Takes what the globals hold now, before it is replaced.
 *
 * @returns A function that does work with that in the globals, and puts back what was there before when it has ended.
 */
export function keepHostGlobals(): <T>(work: () => Promise<T>) => Promise<T> {
  const host = readGlobals()
  let depth = 0
  return async (work) => {
    const replaced = readGlobals()
    if (depth > 0) return work()
    depth += 1
    Object.defineProperties(globalThis, host.timers)
    Object.defineProperty(Math, 'random', host.random)
    try {
      return await work()
    } finally {
      depth -= 1
      Object.defineProperties(globalThis, replaced.timers)
      Object.defineProperty(Math, 'random', replaced.random)
    }
  }
}

function readGlobals(): { timers: PropertyDescriptorMap; random: PropertyDescriptor } {
  const timers = Object.fromEntries(
    names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name) ?? {}]),
  )
  return { timers, random: Object.getOwnPropertyDescriptor(Math, 'random') ?? {} }
}
