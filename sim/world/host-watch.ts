/**
 * Watches, at some cost, for what no wrapper sees: work that the host does in its own time, whoever got hold of what starts
 * it, and our own modules' use of global clocks and chance, which are parameters.
 */
import { createHook } from 'node:async_hooks'
import { fileURLToPath } from 'node:url'
import { isHostAtWork, noteEscape } from './escapes.ts'

/** By the names that Node gives its resources. */
const hostWork: Readonly<Record<string, string>> = {
  Timeout: 'a timer of the host’s',
  Immediate: 'an immediate of the host’s',
  TCPWRAP: 'a socket',
  PIPEWRAP: 'a pipe',
  UDPWRAP: 'a datagram socket',
  GETADDRINFOREQWRAP: 'a look-up of a name',
  PROCESSWRAP: 'a process',
  WORKER: 'a thread',
  MESSAGEPORT: 'a channel between threads',
  FSREQCALLBACK: 'a file that is read or written in the background',
  FSREQPROMISE: 'a file that is read or written in the background',
}

/** Where time and chance are taken from the globals, and what the simulator drives them with. */
const ownModules = fileURLToPath(new URL('../../src/', import.meta.url))
const allowed = ['core/clock.ts', 'core/random.ts'].map((file) => ownModules + file)

/** @returns A function that ends the watch. */
export function watchHost(): () => void {
  const hook = createHook({
    init: (_id, type) => {
      const what = isHostAtWork() ? undefined : hostWork[type]
      if (what !== undefined) noteEscape(what)
    },
  }).enable()
  const restore = guardOwnModules()
  return () => {
    hook.disable()
    restore()
  }
}

/** @returns A function that takes the guards away. */
function guardOwnModules(): () => void {
  const VirtualDate = readGlobal('Date') as DateConstructor
  const undo = (['setTimeout', 'setInterval', 'setImmediate'] as const).map((name) =>
    guardCall(globalThis as never, name, name),
  )
  undo.push(
    guardCall(readGlobal('performance') as never, 'now', 'performance.now'),
    guardCall(Math as never, 'random', 'Math.random'),
    guardCall(VirtualDate as never, 'now', 'Date.now'),
  )
  const guarded = new Proxy(VirtualDate, {
    apply: (target) => {
      noteOwnUse('Date')
      return target()
    },
    construct: (target, args: unknown[], newTarget) => {
      if (args.length === 0) noteOwnUse('new Date')
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  Object.defineProperty(globalThis, 'Date', { value: guarded, configurable: true, writable: true })
  undo.push(() =>
    Object.defineProperty(globalThis, 'Date', {
      value: VirtualDate,
      configurable: true,
      writable: true,
    }),
  )
  return () => {
    for (const step of undo) step()
  }
}

/** By name and not as a property: the lint rules against these are for code that uses them. */
function readGlobal(name: string): unknown {
  return Reflect.get(globalThis, name)
}

function guardCall(owner: Record<string, unknown>, name: string, what: string): () => void {
  const original = Object.getOwnPropertyDescriptor(owner, name)
  const call = owner[name] as (...args: unknown[]) => unknown
  const guarded = new Proxy(call, {
    apply: (target, self: unknown, args: unknown[]) => {
      noteOwnUse(what)
      return Reflect.apply(target, self, args)
    },
  })
  Object.defineProperty(owner, name, { value: guarded, configurable: true, writable: true })
  return () => {
    if (original === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, original)
  }
}

/** Others may use all of these: they are virtual, and seeded. */
function noteOwnUse(what: string): void {
  const file = callingFile()
  if (file === undefined || !file.startsWith(ownModules) || allowed.includes(file)) return
  noteEscape(`the global ${what}, where clock and chance are given,`)
}

/** The file of whoever called what is guarded; cheap, for most calls are as they should be. */
function callingFile(): string | undefined {
  const { stackTraceLimit } = Error
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  Error.stackTraceLimit = depth
  Error.prepareStackTrace = (_error, sites) => sites[depth - 1]?.getFileName()
  const file = new Error('the place of a call').stack as unknown
  Error.stackTraceLimit = stackTraceLimit
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
  else Object.defineProperty(Error, 'prepareStackTrace', prepare)
  if (typeof file !== 'string') return undefined
  return file.startsWith('file://') ? file.slice('file://'.length) : file
}

/** This module's own frames, and the caller's. */
const depth = 4
