/**
 * The fields `RateLimit` and `RateLimit-Policy` of the IETF drafts: lists of quoted names with parameters.
 */

/** One member of the list: its name and its whole, non-negative parameters. @internal */
export interface FieldItem {
  readonly name: string
  readonly parameters: ReadonlyMap<string, number>
}

/** Commas and semicolons within quoted names do not count. */
const memberPattern = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g
const partPattern = /(?:"(?:[^"\\]|\\.)*"|[^";])+/g
const wholePattern = /^\d{1,15}$/

/** Reads the list; members that are none, and parameters that are no whole numbers, are left out. @internal */
export function readFieldItems(text: string): readonly FieldItem[] {
  return (text.match(memberPattern) ?? []).flatMap((member) => {
    const [head = '', ...rest] = member.match(partPattern) ?? []
    const name = head.trim()
    // A parameter that stands where a name should.
    if (name === '' || (!name.startsWith('"') && name.includes('='))) return []
    const parameters = new Map<string, number>()
    for (const part of rest) {
      const [key = '', value = ''] = part.split('=')
      if (wholePattern.test(value.trim())) parameters.set(key.trim(), Number(value))
    }
    return [{ name: name.replaceAll(/^"|"$/g, ''), parameters }]
  })
}
