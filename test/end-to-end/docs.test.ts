import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser, openBrowser, watchedPage } from '../browser.ts'
import { startReference } from './reference.ts'

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
