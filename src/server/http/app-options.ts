/**
 * The settings of the HTTP shell, apart from the shell: their types need no fastify.
 */

import type { Clock } from '../../core/clock.ts'

/** Settings of the HTTP shell. @public */
export interface MockAppOptions {
  /** Largest request body in bytes; more is answered with 413. @defaultValue 16_777_216 */
  readonly bodyLengthMax?: number
  /** Largest upload of a file in bytes, a form around it included. @defaultValue 134_217_728 */
  readonly uploadLengthMax?: number
  /** Drives the delays, and the handler's time, which begins at zero now. @defaultValue systemClock */
  readonly clock?: Clock
}
