/** The list of commands that a person reads: each thing that is asked or goes wrong is a line of its own. */
import { describe, expect, it } from 'vitest'
import { listCommands } from '../../../../sim/scenario/commands.ts'
import { drawScenario } from '../../../../sim/scenario/draw-scenario.ts'
import type { Scenario, WorkPlan } from '../../../../sim/scenario/types.ts'

const drawn = drawScenario(3, { isShipped: true, profile: 'documented' })
const way = { kind: 'fixed', ms: 20 } as const
const phase = { fromMs: 0, out: way, service: way, back: way, body: way }

const bare: Scenario = {
  ...drawn,
  network: [phase],
  calls: [{ fromMs: 5, count: 1, overMs: 0, spacing: 'even', endpoint: 'chat' }],
  works: [],
  faults: [],
  lies: [],
  tenants: [],
  wallJumps: [],
}

const work: WorkPlan = {
  kind: 'embed',
  form: 'file',
  fromMs: 10,
  items: 30,
  batchSize: 20,
  inFlightMax: 4,
  outageMsMax: 20_000,
  model: 'simulated/embeddings',
  fallbackModels: [],
  poisons: [{ index: 3, status: 400 }],
  takingMs: 0,
  othersAtMs: [7],
  file: {
    crashes: [{ kind: 'machine', afterMs: 900 }],
    writeMs: { minMs: 0, maxMs: 2 },
    full: [{ fromMs: 1, toMs: 2 }],
  },
}

describe('listCommands', () => {
  it('has a line for each stream of calls', () => {
    const more = { fromMs: 0, count: 9, overMs: 60, spacing: 'random', endpoint: 'images' } as const
    const { calls } = bare
    expect(listCommands({ ...bare, calls: [...calls, { ...more, priority: 5 }] })).toEqual([
      '1 chat call at 5 ms',
      '9 images calls from 0 ms over 60 ms, at random, priority 5',
    ])
  })

  it.each<[string, Partial<Scenario>, string]>([
    [
      'fault',
      {
        faults: [
          {
            id: 'lost',
            match: { toMs: 9, perMille: 20 },
            do: { kind: 'drop', when: 'before' },
          },
        ],
      },
      'fault lost: drop, when before from 0 to 9 ms, 20 in 1000',
    ],
    [
      'tenant',
      { tenants: [{ fromMs: 0, toMs: 8, everyMs: 2 }] },
      'another client asks every 2 ms from 0 to 8 ms',
    ],
    ['jump', { wallJumps: [{ atMs: 3, byMs: -45_000 }] }, 'wall clock jumps by -45000 ms at 3'],
    [
      'lie',
      { lies: [{ toMs: 4, perMille: 1_000, headers: { a: '1' }, tightens: false }] },
      'answers say {"a":"1"} until 4',
    ],
    [
      'change of the network',
      { network: [phase, { ...phase, fromMs: 6 }] },
      'from 6 ms on a way takes 20 ms',
    ],
    ['queue that is kept full', { topUp: { waitingMin: 2 } }, 'keep 2 calls waiting'],
  ])('has a line for a %s', (_what, part, line) => {
    const commands = listCommands({ ...bare, ...part })
    expect(commands).toHaveLength(2)
    expect(commands[1]).toContain(line)
  })

  it('has a line for a long run, and for each thing that happens to it', () => {
    expect(listCommands({ ...bare, calls: [], works: [work] })).toEqual([
      'long run 1: embed of 30 at 10 ms, as file',
      'long run 1: item 3 is refused with 400',
      'long run 1: the machine dies after 900 ms',
      'long run 1: the disk is full from 1 to 2 ms',
      'another client starts a fine-tune at 7 ms',
    ])
  })

  it('has a line for each part that it does not know by name', () => {
    const more = { hiccups: [{ atMs: 5 }, { atMs: 9 }], buggify: { perMille: 20 } }
    expect(listCommands({ ...bare, ...more }).slice(1)).toEqual([
      'hiccups: {"atMs":5}',
      'hiccups: {"atMs":9}',
      'buggify {"perMille":20}',
    ])
  })
})
