/**
 * What was paid for is neither thrown away nor bought again, whatever the server or the caller does at an awkward moment.
 */
import { describe, expect, it } from 'vitest'
import {
  iterateBatch,
  runBatch,
  type BatchOutcome,
  type RunRequest,
} from '../../../../src/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { batchesOf, chats, MemoryJournal, open, sizesOf } from '../../../helpers/jobs-world.ts'

const isLook = (path: string, method: string): boolean => {
  return method === 'GET' && /\/batches\/[^/]+$/.test(path)
}

function answersOf(outcomes: readonly BatchOutcome[]): number {
  return outcomes.filter(({ response }) => response !== undefined).length
}

describe('a batch that is over', () => {
  it.each(['COMPLETED', 'EXPIRED', 'CANCELLED'])(
    'as %s, and does not name its files yet, is looked at again',
    async (status) => {
      let left = 2
      const world = open({
        answered: (path, { text }, method) => {
          if (!isLook(path, method)) return undefined
          const batch = JSON.parse(text())
          if (batch.status !== 'COMPLETED' || left === 0) return undefined
          left -= 1
          const hidden = { output_file_id: null, error_file_id: undefined }
          return Response.json({ ...batch, status, ...hidden })
        },
      })
      const { outcomes } = await world.until(runBatch(chats(20), world.api))
      expect(left).toBe(0)
      expect(answersOf(outcomes)).toBe(20)
      expect(sizesOf(world)).toEqual([20])
    },
  )

  it('and never names a file counts as one without answers', async () => {
    const world = open({
      answered: (path, { text }, method) => {
        if (!isLook(path, method) || batchesOf(world).length > 1) return undefined
        return Response.json({ ...JSON.parse(text()), output_file_id: null, error_file_id: null })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(20), world.api))
    expect(answersOf(outcomes)).toBe(20)
    expect(sizesOf(world)).toEqual([20, 20])
  })

  it('gives what its file holds, where something on the way answers in its place for a while', async () => {
    let left = 3
    const world = open({
      answered: (path) => {
        if (!path.endsWith('/content') || left === 0) return undefined
        left -= 1
        return new Response('<html>One moment, please</html>')
      },
    })
    const { outcomes } = await world.until(runBatch(chats(20), world.api))
    expect(left).toBe(0)
    expect(answersOf(outcomes)).toBe(20)
    expect(sizesOf(world)).toEqual([20])
  })
})

describe('a batch of which nobody knows whether it is there', () => {
  it('is not created again where the server refuses to list batches', async () => {
    const world = open({
      answered: (path, _answer, method) => {
        if (!path.endsWith('/batches')) return undefined
        if (method === 'GET') return new Response('{"error":"no list"}', { status: 404 })
        return new TypeError('fetch failed')
      },
    })
    const error = await failureOf(world.until(runBatch(chats(20), world.api)))
    expect(error).toMatchObject({ code: 'PARTIAL_RESULT', cause: { reason: 'refused' } })
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('is not created again by a later run, either', async () => {
    const world = open({
      answered: (path, _answer, method) => {
        if (method !== 'GET' || !path.endsWith('/batches')) return undefined
        return new Response('{"error":"no list"}', { status: 400 })
      },
    })
    const journal = new MemoryJournal()
    const first = runBatch(chats(20), { ...world.api, journal })
    await world.until(first)
    journal.entries.splice(1)
    const error = await failureOf(world.until(runBatch(chats(20), { ...world.api, journal })))
    expect(error).toMatchObject({ cause: { reason: 'refused', status: 400 } })
    expect(batchesOf(world)).toHaveLength(1)
  })
})
