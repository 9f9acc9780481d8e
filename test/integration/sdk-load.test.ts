/**
 * Two thousand calls at once by each official client with our fetch under it, under the limits of Together's first tier
 * and one request in ten failing. `npm run bench:sdk` shows the clients alone beside it.
 */
import { describe, expect, it } from 'vitest'
import { sdkClients } from '../../bench/http/sdk/clients.ts'
import { readJournal, runSdk } from '../../bench/http/sdk/run.ts'
import type { JournalEntry } from '../../src/server/index.ts'

const calls = 2_000
const attemptsMax = 5

const cases = sdkClients.flatMap((client) =>
  (['whole', 'fetch'] as const).map((way) => ({ name: client.name, client, way })),
)

describe('two thousand calls', () => {
  it.each(cases)('by $name, set up with $way', async ({ client, way }) => {
    const run = await runSdk({ client, way, calls, seed: 4 })
    expect(run.answered / calls).toBeGreaterThanOrEqual(0.999)
    // What failed, failed with a reason: a status, or an error that says what happened.
    for (const reason of Object.keys(run.reasons)) expect(reason).toMatch(/: .|\d{3}$/)
    // No limit was met but those that were injected, of which there were enough.
    expect(run.refused).toBe(0)
    expect(run.faulty).toBeGreaterThan(calls / 20)
    // One layer retries: the client asks once a call, and each request beyond the first had a fault as its cause.
    expect(run.fetches).toBe(calls)
    expect(run.requestsPerCallMax).toBeLessThanOrEqual(attemptsMax)
    expect(run.needless).toBe(0)
    expect(run.requests).toBeLessThanOrEqual(calls + run.faulty)
  })
})

describe('the judgement', () => {
  it('tells what was needless, injected and refused', () => {
    const journal = [
      entry(1, { fault: 'drop' }),
      entry(1, { status: 429 }),
      entry(1),
      entry(1),
      entry(2, { status: 429, fault: 'limited' }),
    ]
    expect(readJournal(journal)).toEqual({
      requests: 5,
      requestsPerCallMax: 4,
      needless: 1,
      faulty: 2,
      refused: 1,
    })
  })
})

function entry(call: number, about: Partial<JournalEntry> = {}): JournalEntry {
  return {
    atMs: 0,
    method: 'POST',
    path: `/v1/chat/completions?call=${call}`,
    key: '',
    endpoint: 'chat',
    model: undefined,
    status: 200,
    counted: true,
    ...about,
  }
}
