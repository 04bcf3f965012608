import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser, openBrowser, watchedPage } from '../browser.ts'
import { serveTasks } from '../targets/tasks-project.ts'

/** Where screenshots go, for whoever wants to look: `SCREENSHOTS=/tmp/ops node test/ops/page.test.ts`. */
const screenshots = process.env.SCREENSHOTS

const hostile = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'

async function picture(page: Page, name: string): Promise<void> {
  if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`) })
}

/** The parts of a page that a screen reader would have no name for. */
function unnamed(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, a[href], input, select, table, [role=region]')]
    .filter((element) => {
      const label = element.labels?.[0]?.textContent ?? element.caption?.textContent ?? element.ariaLabel ?? element.textContent
      return label.trim() === ''
    }).map((element) => element.outerHTML)`)
}

t.test('the operator page in a browser', { skip: noBrowser, timeout: 300_000 }, async (t) => {
  const served = await serveTasks(
    t,
    { ops: { path: '/ops', security: [{ bearerAuth: [] }], roles: ['operator'] } },
    {
      handlers: `
export const sum = ({ body, headers }) => ({ sum: body.of[0] })
export const refuse = (request, { problem }) => problem('no_paper', { status: 409, detail: ${JSON.stringify(hostile)} })
export async function steps(request, { progress, signal }) {
  progress(0.5, ${JSON.stringify(hostile)})
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}
export const open = () => 'anybody'`,
    },
  )
  const { url, request, token, gateway, directory } = served
  const [ada, operator] = [await token('ada'), await token('op', { roles: ['operator'] })]
  await request('POST', '/api/refuse', { token: ada, headers: { prefer: 'wait=20' } })
  const json = { of: ['no number'], note: hostile, password: 'hidden' }
  await request('POST', '/api/sum', { token: ada, json, headers: { prefer: 'wait=20' } })
  await request('POST', '/api/steps', { token: await token(hostile) })
  await request('GET', `/nowhere/${encodeURIComponent(hostile)}`)
  await request('POST', '/api/sum', { json: { of: [1] } })

  const browser = await openBrowser(t)
  const { page, complaints, strays } = await watchedPage(browser, url)
  t.teardown(() => page.close())

  await t.test('asks who is there, and says what is wrong', async (t) => {
    await page.goto(`${url}/ops`)
    await page.getByLabel('Token').fill(ada)
    await picture(page, 'sign-in')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('does not have the role').waitFor()
    t.same(await unnamed(page), [])
    await page.getByLabel('Token').fill(operator)
    await page.keyboard.press('Enter')
    await page.getByRole('table', { name: 'Operations' }).waitFor()
    t.match(await page.evaluate('document.cookie + JSON.stringify(localStorage)'), '{}', 'nothing outlives the tab')
    t.equal(complaints.splice(0).filter((text) => !/status of (401|403)/.test(text)).length, 0)
  })

  await t.test('operations: live, sorted, filtered, with the chain of each', async (t) => {
    await request('POST', '/api/sum', { json: { of: [1] } })
    await page
      .getByRole('row', { name: /sum POST/ })
      .getByText('100 %')
      .waitFor()
    await page.getByRole('button', { name: 'sum', exact: true }).click()
    await page.getByText('Ended by policies since the process began: authenticate 2.').waitFor()
    await page
      .getByText(/defaults, gateway\.yaml:\d+:\d+/)
      .first()
      .waitFor()
    await picture(page, 'operations')
    t.same(await unnamed(page), [])
    await page.getByRole('button', { name: 'Operation', exact: true }).click()
    const order = await page.locator('tbody tr th .link').allTextContents()
    t.same(order, ['open', 'refuse', 'steps', 'sum'])
    await page.getByLabel('Filter').fill('steps task')
    t.same(await page.locator('tbody tr th .link').allTextContents(), ['steps'])
  })

  await t.test('requests', async (t) => {
    await page.getByRole('link', { name: 'Requests' }).click()
    await page
      .getByRole('row', { name: /\/api\/sum 401/ })
      .first()
      .waitFor()
    await page.getByLabel('Outcome').selectOption('Ended by a policy')
    t.match(await page.getByRole('row', { name: /authenticate/ }).count(), 2)
    t.equal(await page.getByText('/nowhere').count(), 0)
    await page.getByLabel('Outcome').selectOption('All')
    await page.getByText('/nowhere').waitFor()
    await picture(page, 'requests')
    t.same(await unnamed(page), [])
  })

  await t.test('tasks: payload, error, start over, cancel', async (t) => {
    page.on('dialog', (dialog) => void dialog.accept())
    await page.getByRole('link', { name: 'Tasks' }).click()
    await page.getByRole('button', { name: /^failed 2/ }).click()
    await page
      .getByRole('row', { name: /refuse/ })
      .getByText('onerror')
      .waitFor()
    await page.getByRole('row', { name: /sum/ }).getByRole('button').click()
    await page.getByText('"[redacted]"').waitFor()
    t.match(await page.locator('figure', { hasText: 'Payload' }).textContent(), 'onerror', 'as text')
    await picture(page, 'task')
    t.same(await unnamed(page), [])
    await page.getByRole('button', { name: 'Start over' }).click()
    await page.getByRole('row', { name: /sum .* failed 2 of 4/ }).waitFor()

    await page.getByRole('button', { name: /^active/ }).click()
    await page.getByRole('row', { name: /steps/ }).getByRole('button').click()
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('button', { name: /^cancelled 1/ }).click()
    await page.getByRole('row', { name: /steps/ }).waitFor()
  })

  await t.test('generation: a refused reload is loud', async (t) => {
    await page.getByRole('link', { name: 'Generation' }).click()
    await page.getByText('There was none since the process began.').waitFor()
    const file = join(directory, 'gateway.yaml')
    const written = readFileSync(file, 'utf8')
    writeFileSync(file, `${written}\n"${hostile.replaceAll('"', "'")}": 1\n`)
    await gateway.reload()
    await page.getByRole('alert').getByText('The last reload was not applied').waitFor()
    await page.getByText('unknown-key').waitFor()
    await picture(page, 'generation')
    t.same(await unnamed(page), [])
    writeFileSync(file, written)
    await gateway.reload()
    await page.getByText('Generation 2').waitFor()
    await page.getByText('No operation differs').waitFor()
  })

  await t.test('dark, narrow, and signed out', async (t) => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByRole('link', { name: 'Operations' }).click()
    await page.getByRole('table', { name: 'Operations' }).waitFor()
    await picture(page, 'dark')
    await page.setViewportSize({ width: 400, height: 800 })
    await picture(page, 'narrow')
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
    t.equal(wide, false, 'tables scroll, the page does not')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    t.equal(await page.evaluate('sessionStorage.length'), 0)
  })

  t.equal(await page.evaluate('window.owned'), undefined, 'nothing that was sent ran')
  t.same(
    complaints.filter((text) => !/status of 401/.test(text)),
    [],
  )
  t.same(strays, [])
})
