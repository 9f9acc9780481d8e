/** The one command that repeats a run. */
import { mixedProfiles } from './profiles.ts'
import type { SimOptions } from './options.ts'

/** A shell command to be typed in the project's folder; further flags can be appended. */
export function replayCommand(options: SimOptions, subjectName: string, seed: number): string {
  const { scenarioFile } = options
  if (scenarioFile !== undefined) return replayFileCommand(subjectName, scenarioFile)
  return `npm run sim --${subjectFlag(subjectName)} --seed ${seed}`.concat(
    options.profile === mixedProfiles ? '' : ` --profile ${options.profile}`,
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

/** A shell command for the whole set of seeds. */
export function wholeCommand(options: SimOptions): string {
  if (options.isDefaultRun) return 'npm run sim'
  const { seeds, subject, profile, scenarioFile } = options
  const flags = [
    ...(subject === 'shipped' ? [] : ['--subject', quote(subject)]),
    ...(scenarioFile === undefined
      ? ['--seeds', `${seeds.first}..${seeds.last}`]
      : ['--scenario', quote(scenarioFile)]),
    ...(profile === mixedProfiles ? [] : ['--profile', profile]),
  ]
  return `npm run sim -- ${flags.join(' ')}`
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
