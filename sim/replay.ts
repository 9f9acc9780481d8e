/** The one command that repeats a run. */
import { mixedProfiles } from './profiles.ts'
import type { SimOptions } from './options.ts'

/** A shell command to be typed in the project's folder; further flags can be appended. */
export function replayCommand(options: SimOptions, subjectName: string, seed: number): string {
  const subject = subjectName === 'shipped' ? '' : ` --subject ${quote(subjectName)}`
  return `npm run sim --${subject} --seed ${seed}`.concat(
    options.profile === mixedProfiles ? '' : ` --profile ${options.profile}`,
  )
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
