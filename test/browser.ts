import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const candidates = [process.env.CHROMIUM_PATH ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser that tests drive; undefined on machines that have none. `CHROMIUM_PATH` names another. */
export const browserPath: string | undefined = candidates.find((path) => path !== '' && existsSync(path))

/** For tap's `skip`: why a test of pages cannot run here. */
export const noBrowser: string | false = browserPath === undefined && 'no Chromium is installed (apt-get install chromium)'

/** What a page did that a page of ours must not do. */
export interface Watched {
  page: Page
  /** Errors and warnings on the console, and exceptions. */
  complaints: string[]
  /** Requests to any other server, and requests that failed. */
  strays: string[]
}

/** A fresh browser without any state, closed after the test. */
export async function openBrowser(t: Test): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'gatefold-test-browser-'))
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath!,
    headless: true,
    timeout: 120_000,
    viewport: { width: 1400, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.teardown(async () => {
    await browser.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  return browser
}

/** A new page that notes down what goes wrong in it; `origin` is the only server that it may talk to. */
export async function watchedPage(browser: BrowserContext, origin: string): Promise<Watched> {
  const page = await browser.newPage()
  // Longer than a busy machine may need: what never comes is what fails.
  page.setDefaultTimeout(120_000)
  const complaints: string[] = []
  const strays: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url)) strays.push(url)
  })
  page.on('requestfailed', (request) => strays.push(`${request.url()}: ${request.failure()?.errorText}`))
  return { page, complaints, strays }
}
