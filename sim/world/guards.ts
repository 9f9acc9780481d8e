/**
 * Watches the ways out of the world that are open to any code and cost nothing to watch: chance that is not seeded, other
 * threads, and clocks that stay the host's.
 */
import { createRequire } from 'node:module'
import { noteEscape } from './escapes.ts'

const requireModule = createRequire(import.meta.url)

/** Exports of `node:crypto` that draw. Keys that are made are none: nobody waits by them. */
const drawing = [
  'getRandomValues',
  'pseudoRandomBytes',
  'randomBytes',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'randomUUID',
]

/** Messages of which go through the host's event loop, at its own pace. */
const threading = ['MessageChannel', 'BroadcastChannel', 'Worker']

/** Once for the process; `syncBuiltinESMExports` has to follow. */
export function installGuards(): void {
  const crypto = requireModule('node:crypto') as Record<string, unknown>
  for (const name of drawing) guardFunction(crypto, name, `crypto.${name}`)
  for (const name of ['getRandomValues', 'randomUUID']) {
    guardFunction(Reflect.get(globalThis, 'crypto'), name, `crypto.${name}`)
  }
  const threads = requireModule('node:worker_threads') as Record<string, unknown>
  for (const name of threading) {
    guardClass(threads, name)
    if (name in globalThis) guardClass(globalThis, name)
  }
  guardFunction(Atomics, 'waitAsync', 'Atomics.waitAsync')
  guardFunction(process, 'uptime', 'process.uptime')
  guardFunction(requireModule('node:os') as Record<string, unknown>, 'uptime', 'os.uptime')
  const perfHooks = requireModule('node:perf_hooks') as Record<string, unknown>
  guardFunction(perfHooks, 'monitorEventLoopDelay', 'perf_hooks.monitorEventLoopDelay')
}

function guardFunction(owner: object, name: string, what: string): void {
  const original = replaceable(owner, name)
  if (original === undefined) return
  const guarded = new Proxy(original, {
    apply: (target, self: unknown, args: unknown[]) => {
      noteEscape(what)
      return Reflect.apply(target as () => unknown, self, args)
    },
  })
  Object.defineProperty(owner, name, { value: guarded, configurable: true, writable: true })
}

function guardClass(owner: object, name: string): void {
  const original = replaceable(owner, name)
  if (original === undefined) return
  const guarded = new Proxy(original, {
    construct: (target, args: unknown[], newTarget) => {
      noteEscape(`new ${name}`)
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  Object.defineProperty(owner, name, { value: guarded, configurable: true, writable: true })
}

/** The function of that name; undefined where it cannot be replaced, and what it calls has to be guarded. */
function replaceable(owner: object, name: string): Function | undefined {
  const own = Object.getOwnPropertyDescriptor(owner, name)
  const value: unknown = Reflect.get(owner, name)
  return typeof value === 'function' && own?.configurable !== false ? value : undefined
}
