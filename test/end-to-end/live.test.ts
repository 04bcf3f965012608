import t from 'tap'
import { noBrowser, openBrowser, watchedPage } from '../browser.ts'
import { password, startReference } from './reference.ts'

t.test('the live page in a browser', { skip: noBrowser }, async (t) => {
  const { base, gateway, account, call } = await startReference(t)
  await account('ada@example.com')
  const { access_token: other } = await account('eve@example.com')
  const { page, complaints, strays } = await watchedPage(await openBrowser(t), gateway.url)
  await page.goto(`${base}/live`)
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^connected$/ })
    .waitFor()

  await t.test('an agent runs to its end before the eyes of its owner', async (t) => {
    await page.getByRole('button', { name: 'Derive' }).click()
    const row = page.locator('li[data-status="completed"]')
    await row.waitFor()
    t.equal(await row.getByRole('progressbar').getAttribute('value'), '1')
    const { body } = await call('GET', `/agents/status/${await row.getAttribute('data-task')}`, { token: other })
    t.equal(body.code, 'not_found', 'nobody else sees the task')
  })

  await t.test('a task is cancelled by its button', async (t) => {
    // Two of an owner run at once, so the last one waits for a while.
    for (let i = 0; i < 5; i++) await page.getByRole('button', { name: 'Derive' }).click()
    await page.locator('#tasks li').nth(5).waitFor()
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'DELETE'),
      page.locator('#tasks li').first().getByRole('button', { name: 'Cancel' }).click(),
    ])
    t.ok(answer.ok())
    await page.locator('li[data-status="cancelled"]').waitFor()
    await page.locator('li[data-status="completed"]').nth(4).waitFor()
  })

  t.same(complaints, [])
  t.same(
    strays.filter((url) => !url.startsWith('ws:')),
    [],
  )
})
