/** Finds the subject that the command line names and completes it with the shipped module. */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { peerFile, peers } from './peers.ts'
import { alteredSubject, shippedSubject } from './shipped.ts'
import type { AlterShipped, Subject, SubjectLimiter } from './types.ts'

/** The subject cannot be loaded; its message is for the user. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError'
}

/** What `--subject` knows by name. */
export const subjectNames: readonly string[] = [
  'shipped',
  'naive',
  ...peers.map(({ name }) => name),
]

/**
 * Loads a subject. To be called after virtual time is installed, so that what the module captures at import is virtual.
 *
 * @param name - One of {@link subjectNames}, or a file's path or `file:` URL, taken from where the command was typed.
 * @param copy - Equal numbers give the same instance of the module, others one of their own: what it keeps in its
 *   variables must not outlive a run, after which time begins again.
 * @throws {SubjectError} When there is no such file, it does not load, or exports neither part of the contract.
 */
export async function loadSubject(name: string, copy = 0): Promise<Subject> {
  if (name === 'shipped') return shippedSubject
  const local = name === 'naive' ? './naive.ts' : peerFile(name)
  if (name === '') throw new SubjectError('subject: expected a name or a file, received nothing')
  const exports = await importModule(name, local ?? subjectUrl(name), copy)
  const { createLimiter, retry, alterShipped } = exports
  if (typeof alterShipped === 'function') {
    return alteredSubject(subjectPath(name), alterShipped as AlterShipped)
  }
  if (typeof createLimiter !== 'function' && typeof retry !== 'function') {
    throw new SubjectError(
      `subject ${name}: expected an export createLimiter or retry, a function; found neither`,
    )
  }
  return {
    name: local === undefined ? subjectPath(name) : name,
    createLimiter:
      typeof createLimiter === 'function'
        ? checkFactory(name, createLimiter as Subject['createLimiter'])
        : shippedSubject.createLimiter,
    createFullLimiter: undefined,
    createFetch: undefined,
    workloads: undefined,
    retry: (typeof retry === 'function' ? retry : shippedSubject.retry) as Subject['retry'],
    shippedLimiter: typeof createLimiter !== 'function',
    shippedRetry: typeof retry !== 'function',
  }
}

/** A factory that cannot make a limiter is the module's mistake, not a broken promise. */
function checkFactory(name: string, create: Subject['createLimiter']): Subject['createLimiter'] {
  return (options) => {
    let limiter: unknown
    try {
      limiter = create(options)
    } catch (error) {
      const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      throw new SubjectError(`subject ${name}: createLimiter throws ${detail}`, { cause: error })
    }
    if (typeof Object(limiter).acquire === 'function') return limiter as SubjectLimiter
    throw new SubjectError(
      `subject ${name}: expected createLimiter to return an object with acquire(), received ${typeof limiter}`,
    )
  }
}

function subjectUrl(name: string): string {
  return pathToFileURL(subjectPath(name)).href
}

/** npm runs scripts in the package's folder and keeps the user's in INIT_CWD. */
function subjectPath(name: string): string {
  if (name.startsWith('file:')) return fileURLToPath(name)
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), name)
}

async function importModule(
  name: string,
  specifier: string,
  copy: number,
): Promise<Record<string, unknown>> {
  if (specifier.startsWith('file:') && !isFile(specifier)) {
    throw new SubjectError(
      `subject ${name}: no such file, and no subject of that name (${subjectNames.join(', ')})`,
    )
  }
  try {
    const isCopied = copy > 0 && specifier.startsWith('file:')
    // CommonJS knows a module by its file, not by its address.
    if (isCopied) delete createRequire(import.meta.url).cache[fileURLToPath(specifier)]
    const address = isCopied ? `${specifier}?copy=${copy}` : specifier
    const module = (await import(address)) as Record<string, unknown>
    // A CommonJS module's exports are all of its default, and only what Node could guess of them has a name.
    return { ...Object(module['default']), ...module }
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new SubjectError(`subject ${name}: cannot be loaded: ${detail}`, { cause: error })
  }
}

function isFile(url: string): boolean {
  const path = fileURLToPath(url)
  return existsSync(path) && statSync(path).isFile()
}
