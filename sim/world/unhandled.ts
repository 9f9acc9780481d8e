/** Catches what a subject throws into nowhere: rejections that nobody handles, errors from its timers. */

export interface UnhandledWatch {
  /** Ends the watch and tells what was caught since it began. */
  stop(): string[]
}

const caught: string[] = []
let isInstalled = false

/** Starts a watch. From the first one on, the process no longer ends on an unhandled rejection. */
export function watchUnhandled(): UnhandledWatch {
  if (!isInstalled) {
    process.on('unhandledRejection', (reason) =>
      caught.push(`unhandled rejection: ${describe(reason)}`),
    )
    isInstalled = true
  }
  caught.length = 0
  return { stop: () => caught.splice(0) }
}

/** Notes an error that a subject's timer callback threw. */
export function noteThrown(error: unknown): void {
  caught.push(`thrown in a timer: ${describe(error)}`)
}

function describe(reason: unknown): string {
  return reason instanceof Error ? `${reason.name}: ${reason.message}` : typeof reason
}
