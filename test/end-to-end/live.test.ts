import type { Page, WebSocketRoute } from 'playwright-core'
import t from 'tap'
import { noBrowser, openBrowser, watchedPage } from '../browser.ts'
import { bearer, password, startReference } from './reference.ts'

t.setTimeout(300_000)

/** What browsers note down of every answer that refuses something; that it was refused is what is tested here. */
const refused = /the server responded with a status of (401|422)/

interface Session {
  refresh_token: string
  expires_at: number
}

t.test('the live page in a browser', { skip: noBrowser }, async (t) => {
  const { url: origin, account, request } = await startReference(t)
  const { access_token: other } = await account('eve@example.com')
  const { page, complaints, strays } = await watchedPage(await openBrowser(t), origin)
  const rows = page.locator('#tasks li')
  const sockets: WebSocketRoute[] = []
  await page.routeWebSocket(/.*/, (socket) => {
    socket.connectToServer()
    sockets.push(socket)
  })
  await page.goto(`${origin}/api/v1/live`)

  await t.test('says what was wrong with an account, and where', async (t) => {
    await enter(page, 'Create account', 'too short')
    const findings = page.locator('#account .refusal li')
    await findings.waitFor()
    t.match(await findings.innerText(), /^body \/password must have at least 12 characters/)
    t.equal(await page.getByLabel('Password').getAttribute('aria-invalid'), 'true')
    await enter(page, 'Log in', 'a password that nobody has')
    await page.getByText('the e-mail address or the password is wrong').waitFor()
    t.equal(await findings.count(), 0, 'what was said before is gone')
  })

  await t.test('creates an account and is live', async (t) => {
    await enter(page, 'Create account', password)
    await live(page)
    t.equal(await page.getByRole('link', { name: 'API docs' }).getAttribute('href'), 'docs')
    await page.getByText('Nothing yet.').waitFor()
  })

  await t.test('an agent runs before the eyes of its owner, and of nobody else', async (t) => {
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await progressing(page)
    await page.locator('li[data-status="completed"]').waitFor()
    t.equal(await rows.getByRole('progressbar').getAttribute('value'), '1')
    t.match(await rows.innerText(), /calculator · derive/)
    await rows.getByText('Result').click()
    await rows.getByText('"p10": ').waitFor()
    const { body } = await request('GET', `/agents/status/${await rows.getAttribute('data-task')}`, bearer(other))
    t.equal(body.code, 'not_found')
  })

  await t.test('what an agent cannot do, and what it cannot be asked, is said', async (t) => {
    await page.getByLabel('Agent and task').selectOption('calculator/evaluate')
    await page.locator('[name=expression]').fill('1 / 0')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.locator('li[data-status="failed"]').getByText('not a finite number').waitFor()
    const start = page.getByRole('button', { name: 'Start', exact: true })
    await page.locator('[name=columns]').fill('{')
    await start.click()
    await page.locator('#start .refusal').getByText('body /parameters/columns').waitFor()
    await page.locator('[name=columns]').fill('{"x": "<b>text</b>"}')
    await start.click()
    await rows.first().getByText('body /parameters/columns/x must be array').waitFor()
    t.equal(await rows.count(), 3)
  })

  await t.test('of five at once some wait; all are cancelled, with the keyboard', async (t) => {
    await page.getByLabel('Agent and task').selectOption('calculator/derive')
    await page.getByRole('button', { name: 'Start five at once' }).click()
    await rows.nth(7).waitFor()
    // All but the newest, which has the whole of its run before it when the places are free.
    const others = page.locator('#tasks li:not(:first-child) .cancel:not([hidden])')
    t.equal(await others.count(), 4)
    await others.evaluateAll((buttons) => {
      for (const button of buttons) (button as { click?(): void }).click?.()
    })
    await rows.first().getByRole('button', { name: 'Cancel' }).press('Enter')
    await page.locator('li[data-status="cancelled"]').nth(4).waitFor()
    t.equal(await page.locator('.retry:focus').count(), 1, 'the focus stays in the row')
  })

  await t.test('a task that is started over goes on through a lost connection', async (t) => {
    await rows.first().getByRole('button', { name: 'Retry' }).click()
    await progressing(page)
    await sockets.at(-1)!.close()
    await page.getByText('reconnecting…').waitFor()
    await live(page)
    await page.locator('li[data-status="completed"]').nth(1).waitFor()
    t.equal(await rows.first().getByRole('progressbar').getAttribute('value'), '1')
  })

  await t.test('whoever reloads stays signed in, with a new token when the old one is about to end', async (t) => {
    await page.reload()
    await live(page)
    await rows.nth(7).waitFor()
    t.match(await rows.last().innerText(), /calculator · derive/)
    const before = await session(page)
    await expire(page)
    await page.reload()
    await live(page)
    t.not((await session(page)).refresh_token, before.refresh_token)
  })

  await t.test('a session that has ended elsewhere asks for the password', async (t) => {
    const { refresh_token } = await session(page)
    await request('POST', '/auth/logout', { json: { refresh_token } })
    await expire(page)
    await page.reload()
    await page.getByText('Your session has ended.').waitFor()
    t.equal(await rows.count(), 0)
    await enter(page, 'Log in', password)
    await live(page)
    await rows.nth(7).waitFor()
    await page.setViewportSize({ width: 320, height: 640 })
    t.equal(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth), 320, 'nothing sticks out of a narrow screen')
  })

  await t.test('whoever signs out leaves nothing behind', async (t) => {
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/auth/logout')),
      page.getByRole('button', { name: 'Sign out' }).click(),
    ])
    t.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0)
    t.equal(await rows.count(), 0)
    await page.reload()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
  })

  t.same(
    complaints.filter((text) => !refused.test(text)),
    [],
  )
  // A page that is left, by reloading it, ends the requests that it waits for.
  t.same(
    strays.filter((url) => !url.startsWith('ws:') && !(url.startsWith(origin) && url.endsWith('ERR_ABORTED'))),
    [],
  )
})

async function enter(page: Page, button: string, secret: string): Promise<void> {
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: button }).click()
}

async function live(page: Page): Promise<void> {
  await page.locator('#state[data-state="live"]').waitFor()
}

/** Waits until a calculation is on its way, neither at its beginning nor at its end. */
async function progressing(page: Page): Promise<void> {
  const message = page.locator('li[data-status="active"] .message', { hasText: /computed p[1-6]\d/ })
  await message.first().waitFor()
}

async function session(page: Page): Promise<Session> {
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('session')!))
}

/** Makes the page believe that its access token is about to end. */
async function expire(page: Page): Promise<void> {
  await page.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem('session')!)
    sessionStorage.setItem('session', JSON.stringify({ ...kept, expires_at: Date.now() }))
  })
}
