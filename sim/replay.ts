/** The one command that repeats a run. */
import type { SimOptions } from './options.ts'

/** A shell command to be typed in the project's folder; further flags can be appended. */
export function replayCommand(options: SimOptions, subjectName: string, seed: number): string {
  const { scenarioFile } = options
  if (scenarioFile !== undefined) return replayFileCommand(subjectName, scenarioFile)
  return `npm run sim --${subjectFlag(subjectName)} --seed ${seed}`.concat(
    options.profile === 'documented' ? '' : ` --profile ${options.profile}`,
    options.transport === 'direct' ? '' : ` --transport ${options.transport}`,
  )
}

/** The same for a saved scenario. */
export function replayFileCommand(subjectName: string, file: string): string {
  return `npm run sim --${subjectFlag(subjectName)} --scenario ${quote(file)}`
}

function subjectFlag(name: string): string {
  return name === 'shipped' ? '' : ` --subject ${quote(name)}`
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
