/** The simulator's report as its readers meet it: in a real browser, without scripts, on a phone and on a wide screen. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserMissing, browserPath, launchBrowser, openFile } from '../helpers/browser.ts'
import type { OpenedPage, View } from '../helpers/browser.ts'
import {
  contrastOf,
  readFigures,
  readOverflow,
  readRows,
  readTexts,
  type ShownText,
} from '../helpers/measure-page.ts'
import { runSimulator, type SimulatorReport } from '../helpers/run-sim.ts'

const sizePxMin = 11
/** Of the accessibility guidelines, for text of ordinary size. */
const contrastMin = 4.5

const views: readonly View[] = [
  { width: 360, height: 740, scheme: 'light' },
  { width: 360, height: 740, scheme: 'dark' },
  { width: 1_280, height: 900, scheme: 'light' },
  { width: 1_280, height: 900, scheme: 'dark' },
]

interface Written {
  readonly file: string
  readonly report: SimulatorReport | undefined
  readonly output: string
}

let folder: string
let browser: Browser | undefined
/** Of the shipped module, with every kind of plot, and of one that is broken. */
let whole: Written
let broken: Written

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-report-'))
  const runs = [
    write('whole', '--seeds', '10..14'),
    write('broken', '--subject', 'naive', '--runs', '6'),
  ]
  ;[whole, broken] = (await Promise.all(runs)) as [Written, Written]
  if (browserPath !== undefined) browser = await launchBrowser()
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

async function write(name: string, ...args: string[]): Promise<Written> {
  const file = join(folder, `${name}.html`)
  const { report, output } = await runSimulator([...args, '--html', file], { timeoutMs: 240_000 })
  return { file, report, output }
}

async function open({ file }: Written, view: View): Promise<OpenedPage> {
  if (browser === undefined) throw new Error(browserMissing)
  return openFile(browser, file, view)
}

describe('the file', () => {
  it('is one page that needs nothing else', async () => {
    const text = await readFile(whole.file, 'utf8')
    expect(text).toMatch(/^<!doctype html>/)
    expect(text).not.toMatch(/<script|<img|<iframe|@import|url\(|\bon\w+=/)
    expect([...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual(
      expect.arrayContaining(['data:,', '#invariants', '#identity']),
    )
    expect(text).not.toMatch(/(?:src|href)="(?!#|data:,")/)
    expect(text.length).toBeLessThan(1_000_000)
  })

  it('is named where it was written', () => {
    expect(whole.output).toContain(`written: ${whole.file}`)
  })

  it('has the same bytes when the same is run again', async () => {
    const [one, two] = await Promise.all([write('one', '--seed', '7'), write('two', '--seed', '7')])
    expect(await readFile(two.file, 'utf8')).toBe(await readFile(one.file, 'utf8'))
  })
})

describe.each(views)('the report at $width x $height, $scheme', (view) => {
  beforeEach((context) => {
    if (browserPath === undefined) context.skip(browserMissing)
  })

  it.each(['whole', 'broken'] as const)('can be read, %s', async (name) => {
    const { page, requests, messages } = await open(name === 'whole' ? whole : broken, view)
    const texts = await page.evaluate(readTexts)
    expect(texts.length).toBeGreaterThan(200)
    expect(await page.evaluate(readOverflow)).toBeLessThanOrEqual(0)
    expect(texts.filter(({ sizePx }) => sizePx < sizePxMin)).toEqual([])
    expect(texts.filter((text) => contrastOf(text) < contrastMin)).toEqual([])
    const beyond = texts.filter(
      ({ left, right, scrolls }) => !scrolls && (left < 0 || right > view.width),
    )
    expect(beyond).toEqual([])
    expect(findOverlaps(texts)).toEqual([])
    expect({ requests, messages }).toEqual({ requests: [], messages: [] })
    await page.context().close()
  })

  it('shows every plot', async () => {
    const { page } = await open(whole, view)
    const figures = await page.evaluate(readFigures)
    expect(new Set(figures.map(({ title }) => title))).toEqual(new Set(titles))
    for (const { title, width, height, marks } of figures) {
      expect({ title, isWide: width > 250, isHigh: height > 50, isDrawn: marks > 0 }).toEqual({
        title,
        isWide: true,
        isHigh: true,
        isDrawn: true,
      })
    }
    await page.context().close()
  })
})

const titles = [
  'The fullest window of each run, against its limit',
  'How long the end took, against the computed bound',
  'Attempts a call took',
  'How requests ended, by what the seed presses on',
  'The run on one line of time',
  'Requests in the last 60 s, against the limit',
  'The queue',
  'Tokens held, against the limit',
  'Attempts, and how they ended',
  'Latency',
]

/** Labels of a plot that lie on each other. */
function findOverlaps(texts: readonly ShownText[]): string[] {
  const labels = texts.filter(({ plot }) => plot >= 0)
  return labels.flatMap((one, index) =>
    labels
      .slice(index + 1)
      .filter(
        (two) =>
          two.plot === one.plot &&
          Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 &&
          Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 3,
      )
      .map((two) => `${one.text} and ${two.text}`),
  )
}

describe('what the report says', () => {
  const view = { width: 1_280, height: 900, scheme: 'light' } as const

  beforeEach((context) => {
    if (browserPath === undefined) context.skip(browserMissing)
  })

  it('is what the JSON says', async () => {
    const { page } = await open(whole, view)
    const rows = await page.evaluate(readRows, '#invariants')
    const { checks = {}, sometimes = {}, traceHash, runs } = whole.report ?? {}
    expect(rows).toHaveLength(Object.keys(checks).length)
    for (const [index, [name, count]] of Object.entries(checks).entries()) {
      expect(rows[index]?.[0]).toMatch(new RegExp(`^${name}`))
      expect(rows[index]?.slice(1, 3)).toEqual([count.toLocaleString('en-US'), '0'])
    }
    const met = await page.evaluate(readRows, '#sometimes')
    expect(new Map(met.map(([name, count]) => [name, count]))).toEqual(
      new Map(
        Object.entries(sometimes).map(([name, count]) => [
          name,
          count === 0 ? 'never' : String(count),
        ]),
      ),
    )
    expect(await page.textContent('.verdict')).toContain(
      `keeps every promise in ${runs} of ${runs}`,
    )
    expect(await page.textContent('#identity')).toContain(traceHash)
    await page.context().close()
  })

  it('is in order for those who listen to it', async () => {
    const { page } = await open(whole, view)
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    expect(await page.getAttribute('meta[name=viewport]', 'content')).toContain(
      'width=device-width',
    )
    const levels = await page.$$eval('h1, h2, h3, h4', (headings) =>
      headings.map(({ tagName }) => Number(tagName.slice(1))),
    )
    expect(levels.filter((level) => level === 1)).toEqual([1])
    const jumps = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)
    // A plot's title is below that of its section, or of its run.
    expect(jumps.every((level) => level === 4)).toBe(true)
    const unnamed = await page.$$eval('svg', (plots) =>
      plots
        .filter((plot) => plot.role !== 'img' || !plot.ariaLabel)
        .map(({ outerHTML }) => outerHTML),
    )
    expect(unnamed).toEqual([])
    const captions = await page.$$eval('figcaption', (all) =>
      all.map(({ textContent }) => textContent),
    )
    for (const caption of captions) expect(caption).toMatch(/\w.*\. Bad would be: \w/s)
    await page.context().close()
  })

  it('names each failure, with its scenario and the command that replays it', async () => {
    const { page } = await open(broken, view)
    expect(await page.textContent('.verdict')).toContain('Broken')
    const found = new Map(broken.report?.violations.toReversed().map((one) => [one.invariant, one]))
    expect(found.size).toBeGreaterThan(2)
    const shown = await page.$$eval('.failure', (failures) =>
      failures.map((failure) => failure.textContent ?? ''),
    )
    expect(shown).toHaveLength(found.size)
    for (const { invariant, message, replay } of found.values()) {
      const text = shown.find((one) => one.includes(invariant) && one.includes(message))
      expect(text).toContain(replay)
    }
    await page.click('.failure summary')
    const scenario = await page.locator('.failure details[open] code').last().textContent()
    expect(JSON.parse(scenario ?? '')).toMatchObject({ seed: broken.report?.violations[0]?.seed })
    await page.context().close()
  })
})
