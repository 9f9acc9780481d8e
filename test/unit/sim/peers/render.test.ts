import { describe, expect, it } from 'vitest'
import { formatPeer, renderMarkdown } from '../../../../sim/peers/render.ts'
import { invariantNames, type PeerVerdicts } from '../../../../sim/peers/verdicts.ts'

const queue: PeerVerdicts = {
  name: 'queue',
  package: 'a-queue',
  part: 'limiter',
  setup: 'cap N',
  version: '1.2.3',
  runs: 9,
  passed: 7,
  broken: { 'never-exceeds-quota': { runs: 2, seed: 4, message: 'c1|c2\n  over' } },
  holds: { 'fifo-within-key': 30 },
}
const retrier: PeerVerdicts = {
  ...queue,
  name: 'retrier',
  package: 'a-retrier',
  part: 'retry',
  runs: 0,
  passed: 0,
  broken: {},
  holds: {},
  endedBy: 'cannot be loaded',
}

describe('formatPeer', () => {
  it('says of each invariant whether it holds, is violated, or was not judged', () => {
    const lines = formatPeer(queue).split('\n')
    expect(lines[0]).toBe('queue (a-queue 1.2.3: cap N)')
    expect(lines).toHaveLength(1 + invariantNames.length)
    expect(lines).toContain('  never-exceeds-quota       violated in 2 of 9 runs')
    expect(lines).toContain('  fifo-within-key           holds')
    expect(lines).toContain('  abort-is-prompt           not judged')
  })

  it('says why a peer has fewer runs', () => {
    expect(formatPeer(retrier)).toContain('\n  ended: cannot be loaded')
  })
})

describe('renderMarkdown', () => {
  const lines = renderMarkdown([queue, { ...queue, name: 'other', broken: {} }, retrier], 9).split(
    '\n',
  )

  it('has a row an invariant that some peer was judged by, and a column a peer', () => {
    expect(lines).toContain('| invariant | queue | other |')
    expect(lines).toContain('| `never-exceeds-quota` | __2 of 9__ | – |')
    expect(lines).toContain('| `fifo-within-key` | holds | holds |')
    expect(lines.some((line) => line.includes('abort-is-prompt'))).toBe(false)
    expect(lines).toContain('| runs without a violation | 7 of 9 | 7 of 9 |')
  })

  it('keeps limiters and retries apart', () => {
    expect(lines).toContain('| invariant | retrier |')
    expect(lines).toContain('| runs without a violation | 0 of 0 |')
  })

  it('has the first counterexample on one line, with the command that repeats it', () => {
    expect(lines).toContain(
      String.raw`| ${'`queue`'} | ${'`never-exceeds-quota`'} | c1\|c2 over | ${'`npm run sim -- --subject queue --seed 4`'} |`,
    )
  })

  it('says how each was set, and why one was not run', () => {
    expect(lines).toContain('| `queue` | a-queue 1.2.3 | cap N |')
    expect(lines).toContain('| `retrier` | a-retrier 1.2.3 | cap N; ended: cannot be loaded |')
  })

  it('has whole tables: every row as many cells as its head', () => {
    const rows = lines.map((line, index) => ({ line, before: lines[index - 1] ?? '' }))
    const uneven = rows.filter(
      ({ line, before }) =>
        line.startsWith('|') && before.startsWith('|') && cells(line) !== cells(before),
    )
    expect(uneven).toEqual([])
  })
})

function cells(line: string): number {
  return line.replaceAll(String.raw`\|`, '').split('|').length
}
