/**
 * What the system says when something cannot be done.
 */

/** Its short name, `ENOENT`. @internal */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What the system says, without the path, which is named beside it. @internal */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [, text = error.message] = /^[A-Z]+: (.+?), \w+(?: '.*)?$/.exec(error.message) ?? []
  const code = codeOf(error)
  return code === undefined || text === error.message ? text : `${text} (${code})`
}
