import { expect, it } from 'vitest'
import { MockTogether } from '../../../../src/server/handler.ts'
import { ClientProcess } from '../../../../sim/world/client-process.ts'
import { Network } from '../../../../sim/world/network.ts'
import { requestFor, simulatedModels } from '../../../../sim/world/requests.ts'
import { installVirtualTime } from '../../../../sim/world/time.ts'
import type { AttemptRecord } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const time = installVirtualTime(1)

/** Sends a request, lets so many messages pass, ends its process, and lets the rest happen. */
async function sendAndDie(messages: number): Promise<{ attempt: AttemptRecord; heard: string[] }> {
  time.reset(1)
  const run = new RunBuilder()
  const unknown = { arrivedAtMs: undefined, status: undefined, bodyDone: false, counted: false }
  const attempt = run.attempt(run.call(), 0, { ...unknown, headersAtMs: undefined, whole: false })
  const record = run.build()
  const server = new MockTogether({ models: simulatedModels })
  const network = new Network({ time, scenario: record.scenario, server, record })
  const by = new ClientProcess(1)
  const heard: string[] = []
  const sending = network.send(requestFor('chat'), attempt, { signal: undefined, by })
  void listen(sending, heard)
  for (let message = 0; message < messages; message += 1) await time.step()
  by.die()
  while (time.pendingTimers() > 0) await time.step()
  return { attempt, heard }
}

async function listen(sending: Promise<Response>, heard: string[]): Promise<void> {
  try {
    const response = await sending
    heard.push('headers')
    heard.push(await response.text())
  } catch {
    heard.push('failure')
  }
}

it('takes a request to the server though its process dies on the way, and tells nobody of the answer', async () => {
  const { attempt, heard } = await sendAndDie(0)
  expect(attempt).toMatchObject({ counted: true, status: undefined, endedAtMs: 0, bodyDone: true })
  expect(heard).toEqual([])
})

it('ends in the middle of an answer where the process dies there', async () => {
  const { attempt, heard } = await sendAndDie(2)
  expect(attempt).toMatchObject({ status: 200, whole: false, bodyDone: true })
  expect(heard).toEqual(['headers'])
})
