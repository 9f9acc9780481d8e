/** A real browser for pages that the project writes: Debian's chromium, which is installed apart from the npm packages. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'

/** How a reader looks at a page. */
export interface View {
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

/** What a page did while it was opened. */
export interface OpenedPage {
  readonly page: Page
  /** Addresses, without the page's own. */
  readonly requests: readonly string[]
  /** What was written to the console, and errors. */
  readonly messages: readonly string[]
}

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Undefined where there is none; `npm test` says then what to install. */
export const browserPath: string | undefined = places.find((place) => existsSync(place))

export const browserMissing = 'no browser: apt-get install chromium fonts-dejavu-core'

export function launchBrowser(): Promise<Browser> {
  // The tests may run as root, where the sandbox does not work; the pages are our own.
  return chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] })
}

/** Opens a file with scripts switched off. */
export async function openFile(browser: Browser, file: string, view: View): Promise<OpenedPage> {
  const { width, height, scheme } = view
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    javaScriptEnabled: false,
  })
  const page = await context.newPage()
  const address = pathToFileURL(file).href
  const requests: string[] = []
  const messages: string[] = []
  page.on('request', (request) => {
    if (request.url() !== address && request.url() !== 'data:,') requests.push(request.url())
  })
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  await page.goto(address)
  return { page, requests, messages }
}
