/** Finds the subject that the command line names and completes it with the shipped module. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shippedSubject } from './shipped.ts'
import type { Subject } from './types.ts'

/** The subject cannot be loaded; its message is for the user. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError'
}

const builtIn: Readonly<Record<string, string>> = { naive: './naive.ts' }

/**
 * Loads a subject. To be called after virtual time is installed, so that what the module captures at import is virtual.
 *
 * @param name - `shipped`, `naive`, or a file's path, taken from where the command was typed.
 * @throws {SubjectError} When there is no such file, it does not load, or exports neither part of the contract.
 */
export async function loadSubject(name: string): Promise<Subject> {
  if (name === 'shipped') return shippedSubject
  const local = builtIn[name]
  const exports = await importModule(name, local ?? pathToFileURL(subjectPath(name)).href)
  const { createLimiter, retry } = exports
  if (typeof createLimiter !== 'function' && typeof retry !== 'function') {
    throw new SubjectError(
      `subject ${name}: expected an export createLimiter or retry, a function; found neither`,
    )
  }
  return {
    name: local === undefined ? subjectPath(name) : name,
    createLimiter: (typeof createLimiter === 'function'
      ? createLimiter
      : shippedSubject.createLimiter) as Subject['createLimiter'],
    retry: (typeof retry === 'function' ? retry : shippedSubject.retry) as Subject['retry'],
    shippedLimiter: typeof createLimiter !== 'function',
    shippedRetry: typeof retry !== 'function',
  }
}

/** npm runs scripts in the package's folder and keeps the user's in INIT_CWD. */
function subjectPath(name: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), name)
}

async function importModule(name: string, specifier: string): Promise<Record<string, unknown>> {
  if (specifier.startsWith('file:') && !existsSync(new URL(specifier))) {
    throw new SubjectError(
      `subject ${name}: no such file, and no subject of that name (shipped, naive)`,
    )
  }
  try {
    const module = (await import(specifier)) as Record<string, unknown>
    // A CommonJS module's exports are all of its default, and only what Node could guess of them has a name.
    return { ...Object(module['default']), ...module }
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new SubjectError(`subject ${name}: cannot be loaded: ${detail}`, { cause: error })
  }
}
