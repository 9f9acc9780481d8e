/**
 * Which version this is, as the package says.
 */
import { readFileSync } from 'node:fs'

/** @internal */
export function readVersion(): string {
  // The same way up from `src/cli` as from `dist/cli`.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const value: unknown = JSON.parse(text)
  const hasVersion = typeof value === 'object' && value !== null && 'version' in value
  return hasVersion ? String(value.version) : 'unknown'
}
