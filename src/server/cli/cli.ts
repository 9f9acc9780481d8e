/**
 * `npm run mock`: serves the mock and prints what it refuses or breaks, and why.
 *
 * Exits 2 where the command line or the fault plan is wrong, 1 where the port cannot be had, 0 after SIGINT or SIGTERM.
 */

import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { InvalidOptionError } from '../../core/errors.ts'
import { helpText, parseCommandLine, type CliOptions } from './cli-options.ts'
import { describeEntry } from './describe-entry.ts'
import { parseFaultRules } from '../faults/fault-rules.ts'
import { parseLatency } from '../latency/check-latency.ts'
import { findLatencyPreset, latencyPresets } from '../latency/presets.ts'
import { parseServerProfile } from '../profiles/check-profile.ts'
import { findServerProfile, serverProfiles } from '../profiles/index.ts'
import type { ServerProfile } from '../profiles/server-profile.ts'
import type { JournalEntry } from '../contract.ts'
import { createMockTogether, type MockServerOptions } from '../http/server.ts'

function toServerOptions({
  port,
  host,
  seed,
  profile,
  enforcement,
  latency,
  faultsFile,
  countsRefused,
  apiKeys,
  journalLengthMax,
  admin,
  isQuiet,
}: CliOptions): MockServerOptions {
  return {
    port,
    host,
    seed,
    profile: readProfile(profile),
    latency: readLatency(latency),
    faults: faultsFile === undefined ? [] : readJson('--faults', faultsFile, parseFaultRules),
    journalLengthMax,
    ...(isQuiet ? {} : { onRequest: printEntry }),
    ...(enforcement === undefined ? {} : { enforcement }),
    ...(countsRefused === undefined ? {} : { countsRefused }),
    ...(apiKeys === undefined ? {} : { apiKeys }),
    ...(admin === undefined ? {} : { admin }),
  }
}

function readProfile(nameOrFile: string): ServerProfile {
  const known = findServerProfile(nameOrFile)
  if (known !== undefined) return known
  if (existsSync(nameOrFile)) return readJson('--profile', nameOrFile, parseServerProfile)
  const names = serverProfiles.map(({ name }) => name).join(', ')
  throw new InvalidOptionError('--profile', nameOrFile, `a file, or one of ${names}`)
}

function readLatency(nameOrFile: string): NonNullable<MockServerOptions['latency']> {
  const known = findLatencyPreset(nameOrFile)
  if (known !== undefined) return known
  if (existsSync(nameOrFile)) return readJson('--latency', nameOrFile, parseLatency)
  const names = Object.keys(latencyPresets).join(', ')
  throw new InvalidOptionError('--latency', nameOrFile, `a file, or one of ${names}`)
}

function readJson<T>(flag: string, file: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new Error(`${flag} ${file}: ${messageOf(error)}`, { cause: error })
  }
}

function printEntry(entry: JournalEntry): void {
  const line = describeEntry(entry)
  if (line !== undefined) process.stdout.write(`${line}\n`)
}

async function serve(options: MockServerOptions): Promise<void> {
  const mock = await createMockTogether(options)
  process.stdout.write(`mock Together server on ${mock.url}, Ctrl-C ends it\n`)
  if (mock.adminUrl !== undefined) process.stdout.write(`admin API on ${mock.adminUrl}\n`)
  const stop = (): void => {
    // A second signal finds no handler and ends the process the hard way.
    process.off('SIGINT', stop).off('SIGTERM', stop)
    mock.close().catch(fail)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
}

function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function main(args: readonly string[]): void {
  let options: MockServerOptions | undefined
  try {
    const commandLine = parseCommandLine(args)
    options = commandLine.isHelp ? undefined : toServerOptions(commandLine)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nTry --help.\n`)
    process.exitCode = 2
    return
  }
  if (options === undefined) process.stdout.write(helpText)
  else serve(options).catch(fail)
}

main(process.argv.slice(2))
