import { describe, expect, it } from 'vitest'
import { markSending, sendingOf } from '../../../src/core/sending-mark.ts'
import { chatInit, chatUrl, createFetchWorld, settle, watch } from '../../helpers/fetch-world.ts'
import { answer } from '../../helpers/retry-world.ts'

describe('a call whose sender wants to know where it is', () => {
  it('waits for its turn and between its attempts, and not while it is with the server', async () => {
    let answers: ((response: Response) => void) | undefined
    const asked = (): Promise<Response> =>
      new Promise((resolve) => {
        answers = resolve
      })
    const world = createFetchWorld([asked, asked])
    const sending = { isWaiting: false }
    const { model }: { model: string } = JSON.parse(chatInit.body)
    world.limiter.pause({ endpoint: 'chat', model, delayMs: 1_000 })
    const call = watch(world.fetch(chatUrl, markSending(chatInit, sending)))
    await settle()
    expect(sending.isWaiting).toBe(true)
    world.clock.advance(1_000)
    await settle()
    expect(sending.isWaiting).toBe(false)
    answers?.(new Response('', { status: 503 }))
    await settle()
    expect(sending.isWaiting).toBe(true)
    world.clock.advance(30_000)
    await settle()
    expect(sending.isWaiting).toBe(false)
    answers?.(new Response('{}'))
    await settle()
    expect([call.isSettled, sending.isWaiting]).toEqual([true, false])
  })

  it('is not told of what is no answer to it', async () => {
    const world = createFetchWorld([answer(200)])
    await world.fetch(chatUrl, chatInit)
    expect(sendingOf(chatInit)).toBeUndefined()
    expect(sendingOf({ signal: null })).toBeUndefined()
  })
})
