/**
 * The loop under virtual time: a timer, then macrotask turns in which all that it set off happens, then the next timer.
 *
 * A message handler and not an async function: what follows from a timer is drained by Node when the handler has returned,
 * which takes none of the promises that a loop of awaits would make for every turn.
 */
import { MessageChannel } from 'node:worker_threads'

export class Driver {
  readonly #fire: () => void
  readonly #drainTurns: number
  /** Asks for a turn. */
  readonly #post: () => void
  readonly #outer: MessageChannel['port2']
  /** What time waits for, each told to whoever waits for it when the turns are over. */
  #holds: (() => Promise<void>)[] = []
  #turnsLeft = 0
  #running: Running | undefined

  /**
   * @param fire - Fires the next timer.
   * @param drainTurns - Macrotask turns after each, at least 1.
   */
  constructor(fire: () => void, drainTurns: number) {
    this.#fire = fire
    this.#drainTurns = drainTurns
    const { port1, port2 } = new MessageChannel()
    this.#post = () => port1.postMessage(0)
    this.#outer = port2
    port2.on('message', () => this.#onTurn())
    // Only a turn that is waited for keeps the process alive.
    port2.unref()
  }

  /**
   * Fires timers, one after the other, until `isOver` says so; it is asked before each of them.
   *
   * @throws What `isOver` or `fire` throws.
   */
  run(isOver: () => boolean): Promise<void> {
    if (this.#running !== undefined) throw new Error('time is being driven already')
    return new Promise((resolve, reject) => {
      this.#running = { isOver, resolve, reject }
      this.#outer.ref()
      this.#turn()
    })
  }

  /** Lets time wait for a promise of the host's, see `VirtualTime.hold`. */
  hold(passOn: () => Promise<void>): void {
    this.#holds.push(passOn)
  }

  /** Forgets what time waits for. */
  reset(): void {
    this.#holds = []
  }

  #turn(): void {
    this.#turnsLeft = this.#drainTurns
    this.#post()
  }

  #onTurn(): void {
    this.#turnsLeft -= 1
    if (this.#turnsLeft > 0) this.#post()
    else if (this.#holds.length > 0) void this.#passHoldsOn()
    else this.#next()
  }

  async #passHoldsOn(): Promise<void> {
    const held = this.#holds
    this.#holds = []
    for (const passOn of held) await passOn()
    this.#turn()
  }

  #next(): void {
    const running = this.#running
    if (running === undefined) return
    try {
      if (!running.isOver()) {
        this.#fire()
        this.#turn()
        return
      }
      this.#end()
      running.resolve()
    } catch (error) {
      this.#end()
      running.reject(error)
    }
  }

  #end(): void {
    this.#running = undefined
    this.#outer.unref()
  }
}

interface Running {
  isOver: () => boolean
  resolve: () => void
  reject: (reason: unknown) => void
}
