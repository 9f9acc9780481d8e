import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import { retryDefaults, togetherRetry } from '../../../src/retry/index.ts'
import { resolveSettings } from '../../../src/retry/settings.ts'

const limiter = { acquire: async (): Promise<void> => undefined }
const send = async (): Promise<Response> => Response.json(1)

describe('resolveSettings', () => {
  it('fills in the defaults, also for what is given as undefined', () => {
    const { maxRetries, ...others } = retryDefaults
    const expected = { ...others, attemptsMax: maxRetries + 1, deadlineMs: Infinity }
    expect(resolveSettings(limiter)).toMatchObject(expected)
    expect(
      resolveSettings(limiter, { maxRetries: undefined, deadlineMs: undefined }),
    ).toMatchObject(expected)
  })

  it('takes a bare number for the retries', () => {
    expect(resolveSettings(limiter, 0).attemptsMax).toBe(1)
    expect(resolveSettings(limiter, 7).attemptsMax).toBe(8)
  })

  it('has defaults that nobody can change', () => {
    expect(Object.isFrozen(retryDefaults)).toBe(true)
  })

  it('keeps one budget a limiter', () => {
    const other = { ...limiter }
    expect(resolveSettings(limiter).budget).toBe(resolveSettings(limiter, 3).budget)
    expect(resolveSettings(limiter).budget).not.toBe(resolveSettings(other).budget)
  })

  it.each([
    ['maxRetries', -1],
    ['maxRetries', 1.5],
    ['maxRetries', 1_001],
    ['maxRetries', Number.NaN],
    ['maxRetries', '4'],
    ['endpoint', 'audio'],
    ['deadlineMs', -1],
    ['deadlineMs', Number.NaN],
    ['attemptTimeoutMs', 0],
    ['backoffBaseMs', -1],
    ['backoffMsMax', Infinity],
    ['serverDelayMsMax', Number.NaN],
    ['bodyTextLengthMax', 0.5],
    ['signal', {}],
  ])('refuses %s: %s, by name, as a rejection', async (option, value) => {
    const result = togetherRetry(limiter, send, { [option]: value })
    await expect(result).rejects.toBeInstanceOf(InvalidOptionError)
    await expect(result).rejects.toMatchObject({ option, received: value })
  })

  it('refuses what is no limiter, no function, no options', async () => {
    // @ts-expect-error: JavaScript callers.
    await expect(togetherRetry({}, send)).rejects.toMatchObject({ option: 'limiter' })
    // @ts-expect-error: JavaScript callers.
    await expect(togetherRetry(null, send)).rejects.toMatchObject({ option: 'limiter' })
    // @ts-expect-error: JavaScript callers.
    await expect(togetherRetry(limiter, 'x')).rejects.toMatchObject({ option: 'fn' })
    // @ts-expect-error: JavaScript callers.
    await expect(togetherRetry(limiter, send, '4')).rejects.toMatchObject({ option: 'options' })
  })
})
