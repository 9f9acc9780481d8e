/**
 * The host's environment variables, where there are any: browsers and some workers have none.
 */

/** A variable's text; undefined where it is not set, or empty. @internal */
export function readEnvironment(name: string): string | undefined {
  const value = globalThis.process?.env[name]
  return value === '' ? undefined : value
}
