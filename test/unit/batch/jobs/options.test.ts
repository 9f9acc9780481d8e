import { describe, expect, it } from 'vitest'
import {
  dynamicProfile,
  iterateBatch,
  runBatch,
  type BatchRunOptions,
  type Profile,
} from '../../../../src/index.ts'
import { chats, open, sizesOf } from '../../../helpers/jobs-world.ts'

describe('BatchRunOptions', () => {
  const { fetch, apiKey } = open().api
  const batches = { requestsMax: 1, bytesMax: 1 }
  const profile: Profile = { name: 'x', rateLimits: [], concurrencyLimits: [] }

  it.each([
    ['options', null],
    ['endpoint', { endpoint: 'chat' }],
    ['attemptsMax', { attemptsMax: 0 }],
    ['attemptsMax', { attemptsMax: 1.5 }],
    ['pollMsMin', { pollMsMin: 0 }],
    ['pollMsMax', { pollMsMin: 20, pollMsMax: 10 }],
    ['pollMsMax', { pollMsMax: 3_000_000_000 }],
    ['resubmitsCancelled', { resubmitsCancelled: 1 }],
    ['cancelsOnAbort', { cancelsOnAbort: 'no' }],
    ['journal', { journal: { load: 1 } }],
    ['onProgress', { onProgress: 1 }],
    ['outageMsMax', { outageMsMax: -1 }],
    ['profile', { profile: 'tier-1' }],
    ['profile.batches.requestsMax', { profile: { ...profile, batches: { bytesMax: 1 } } }],
    ['profile.batches.bytesMax', { profile: { ...profile, batches: { ...batches, bytesMax: 0 } } }],
    [
      'profile.batches.priceShare',
      { profile: { ...profile, batches: { ...batches, priceShare: 2 } } },
    ],
  ])('are refused for %s', (option, options) => {
    const given = options === null ? null : { fetch, apiKey, ...options }
    expect(() => iterateBatch([], given as BatchRunOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    )
  })

  it('are refused without requests', async () => {
    await expect(runBatch('abc' as never, { fetch, apiKey })).rejects.toMatchObject({
      option: 'requests',
    })
  })

  it('take the size of batches and their number from the profile', async () => {
    const world = open({ mock: { profile: { name: 'x', rateLimits: [], concurrencyLimits: [] } } })
    await world.until(runBatch(chats(250), { ...world.api, profile: dynamicProfile() }))
    expect(sizesOf(world)).toEqual([250])
    const other = open()
    const limits = [
      { id: 'b', endpoints: ['batches'], concurrentMax: 2, heldUntil: 'job' } as const,
    ]
    let most = 0
    const onProgress: BatchRunOptions['onProgress'] = ({ batchesInFlight }) => {
      most = Math.max(most, batchesInFlight)
    }
    const own = { ...profile, concurrencyLimits: limits }
    await other.until(runBatch(chats(450), { ...other.api, profile: own, onProgress }))
    // It says nothing of their size.
    expect(sizesOf(other)).toEqual([50, 100, 100, 100, 100])
    expect(most).toBe(2)
  })
})
