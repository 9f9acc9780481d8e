/**
 * The errors of the functions name their options; whoever types a command knows flags and variables.
 */

const names: readonly (readonly [option: string, flag: string])[] = [
  ['checksModels: false', '--no-model-check'],
  ['outageMsMax', '--outage-minutes'],
  ['option apiKey', 'TOGETHER_API_KEY'],
  ['option baseURL', 'TOGETHER_BASE_URL'],
  ['baseURL', 'TOGETHER_BASE_URL'],
  ['option batchSize', '--batch-size'],
  ['option fallbackModels', '--fallback-model'],
]

/** @internal */
export function inFlags(message: string): string {
  return names.reduce((text, [option, flag]) => text.replaceAll(option, flag), message)
}
