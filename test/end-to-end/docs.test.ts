import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser, openBrowser, watchedPage } from '../browser.ts'
import { startReference } from './reference.ts'

t.setTimeout(300_000)

t.test('the documentation pages in a browser', { skip: noBrowser }, async (t) => {
  const { url, account } = await startReference(t)
  const base = `${url}/api/v1`
  const { access_token } = await account('ada@example.com')
  const browser = await openBrowser(t)

  /** The status of the next answer to getMe. */
  const nextAnswer = async (page: Page) => (await page.waitForResponse(`${base}/auth/me`)).status()

  await t.test('Scalar shows the API and sends the bearer token', async (t) => {
    const { page, complaints, strays } = await watchedPage(browser, url)
    await page.goto(`${base}/docs`)
    await page.getByRole('heading', { name: 'Gatefold reference application' }).waitFor()
    await page.getByPlaceholder('Token').first().fill(access_token)
    await page.locator('a[href$="GET/auth/me"]').first().click()
    await page.getByRole('button', { name: /Test Request.*get \/auth\/me/ }).click()
    const answer = nextAnswer(page)
    await page.getByRole('button', { name: 'Send' }).first().click()
    t.equal(await answer, 200)
    await page.getByText('"ada@example.com"').first().waitFor()
    t.same(complaints, [])
    t.same(strays, [])
  })

  await t.test('Scalar shows the live events beside it', async (t) => {
    const { page, complaints, strays } = await watchedPage(browser, url)
    await page.goto(`${base}/docs`)
    await page.getByRole('button', { name: 'HTTP API' }).click()
    await page.getByText('Live events', { exact: true }).click()
    await page.getByRole('heading', { name: 'Gatefold reference application: live events of tasks' }).waitFor()
    await page.getByText('AsyncAPI 3.0.0').waitFor()
    await page.getByText('task:watch', { exact: true }).first().waitFor()
    await page.getByText('Task of executeAgentAsync').first().waitFor()
    t.same(complaints, [])
    t.same(strays, [])
  })

  await t.test('Swagger UI leads to the live events', async (t) => {
    const { page, complaints, strays } = await watchedPage(browser, url)
    await page.goto(`${base}/swagger`)
    const document = await page.getByRole('link', { name: 'AsyncAPI document' }).getAttribute('href')
    t.match(await (await fetch(url + document)).json(), { asyncapi: '3.0.0' })
    await page.getByRole('link', { name: 'Live events' }).click()
    await page.getByRole('heading', { name: 'Gatefold reference application: live events of tasks' }).waitFor()
    t.same(complaints, [])
    t.same(strays, [])
  })

  await t.test('Swagger UI shows the API and sends the bearer token', async (t) => {
    const { page, complaints, strays } = await watchedPage(browser, url)
    await page.goto(`${base}/swagger`)
    await page.getByRole('heading', { name: 'Gatefold reference application' }).waitFor()
    await page.locator('.btn.authorize').click()
    await page.locator('.auth-container input').fill(access_token)
    await page.locator('.auth-btn-wrapper .authorize').click()
    await page.locator('.btn-done').click()
    const operation = page.locator('#operations-Accounts-getMe')
    await operation.locator('.opblock-summary-control').click()
    const answer = nextAnswer(page)
    await operation.locator('.execute').click()
    t.equal(await answer, 200)
    await operation.locator('.live-responses-table').getByText('ada@example.com').waitFor()
    t.same(complaints, [])
    t.same(strays, [])
  })
})
