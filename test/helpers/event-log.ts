/**
 * A listener that writes down what it is told, for the tests of events.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { eventTypes, type EventType, type RateLimitEvent } from '../../src/core/events.ts'

/** @internal */
export type EventOf<Type extends EventType> = Extract<RateLimitEvent, { type: Type }>

/** @internal */
export class EventLog {
  readonly events: RateLimitEvent[] = []

  readonly onEvent = (event: RateLimitEvent): void => {
    this.events.push(event)
  }

  get types(): EventType[] {
    return this.events.map(({ type }) => type)
  }

  /** One line an event: its instant, type, and what tells it from others of its type. */
  get lines(): string[] {
    return this.events.map((event) => `${event.atMs} ${event.type}${detailOf(event)}`)
  }

  only<Type extends EventType>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type)
  }
}

function detailOf(event: RateLimitEvent): string {
  if (event.type === 'settled') return ` ${event.part}`
  if (event.type === 'queued') return ` ${event.cause}`
  if (event.type === 'granted') return ` after ${event.waitMs}`
  if (event.type === 'paused') return ` until ${event.untilMs}`
  return event.type === 'limited' ? '' : ` ${event.reason}`
}

/** Listens to all channels. @returns What ends that. @internal */
export function subscribeToAll(listener: (event: RateLimitEvent) => void): () => void {
  // The channels pass on what they are given.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const onMessage = (message: unknown): void => listener(message as RateLimitEvent)
  const names = eventTypes.map((type) => `together-rate-limits:${type}`)
  for (const name of names) subscribe(name, onMessage)
  return () => {
    for (const name of names) unsubscribe(name, onMessage)
  }
}

/** Takes unhandled rejections and uncaught exceptions while `act` runs, instead of whoever listens for them. @internal */
export async function collectUnhandled(act: () => Promise<void>): Promise<unknown[]> {
  const collected: unknown[] = []
  const collect = (error: unknown): void => {
    collected.push(error)
  }
  const names = ['unhandledRejection', 'uncaughtException'] as const
  const others = names.map((name) => process.rawListeners(name))
  for (const name of names) process.removeAllListeners(name).on(name, collect)
  try {
    await act()
    // Node reports them when the microtasks and ticks of this turn are over.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  } finally {
    for (const [index, name] of names.entries()) {
      process.removeListener(name, collect)
      for (const other of others[index] ?? []) process.on(name, other as () => void)
    }
  }
  return collected
}
