/**
 * The flags that say how limits are counted, put together.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { requireFinite, requireWhole } from '../options.ts'
import { toNumber } from './to-number.ts'
import type { Enforcement } from '../contract.ts'

type EnforcementFlag = 'phase-ms' | 'burst-ms' | 'slice-ms'

/** The flags that each way to count understands. */
const flagsOf: Readonly<Record<Enforcement['kind'], readonly EnforcementFlag[]>> = {
  'fixed-window': ['phase-ms'],
  'sliding-log': [],
  'sliding-counter': ['phase-ms'],
  'token-bucket': ['burst-ms'],
  gcra: ['burst-ms'],
  slices: ['slice-ms'],
}

type EnforcementValues = { enforcement?: string } & Partial<Record<EnforcementFlag, string>>

/** How to count. @throws {InvalidOptionError} Naming the flag. @internal */
export function readEnforcement(values: EnforcementValues): Enforcement | undefined {
  // A phase alone is one of fixed windows.
  const kind = values.enforcement ?? (values['phase-ms'] === undefined ? undefined : 'fixed-window')
  if (kind !== undefined && !isEnforcementKind(kind)) {
    const expected = `one of ${Object.keys(flagsOf).join(', ')}`
    throw new InvalidOptionError('--enforcement', kind, expected)
  }
  for (const flag of ['phase-ms', 'burst-ms', 'slice-ms'] as const) {
    if (values[flag] === undefined || (kind !== undefined && flagsOf[kind].includes(flag))) continue
    const without = kind === undefined ? 'no --enforcement' : `--enforcement ${kind}`
    throw new InvalidOptionError(`--${flag}`, values[flag], `no value with ${without}`)
  }
  return kind === undefined ? undefined : toEnforcement(kind, values)
}

function toEnforcement(kind: Enforcement['kind'], values: EnforcementValues): Enforcement {
  const span = (flag: EnforcementFlag): number =>
    requireWhole(`--${flag}`, toNumber(values[flag] ?? '1000'), [1, DAY_MS])
  switch (kind) {
    case 'fixed-window':
    case 'sliding-counter': {
      const bound = Number.MAX_SAFE_INTEGER
      const phase = toNumber(values['phase-ms'] ?? '0')
      return { kind, phaseMs: requireFinite('--phase-ms', phase, [-bound, bound]) }
    }
    case 'token-bucket':
      return values['burst-ms'] === undefined ? { kind } : { kind, burstMs: span('burst-ms') }
    case 'gcra':
      return { kind, burstMs: span('burst-ms') }
    case 'slices':
      return { kind, sliceMs: span('slice-ms') }
    default:
      return { kind }
  }
}

function isEnforcementKind(kind: string): kind is Enforcement['kind'] {
  return Object.hasOwn(flagsOf, kind)
}

const DAY_MS = 86_400_000
