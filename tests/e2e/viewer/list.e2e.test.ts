// SPDX-License-Identifier: Apache-2.0
import { sampleTelemetry } from '@otel-ts/testkit'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Browser,
  ingest,
  ingestSpans,
  noonUnixNano,
  oneSpanTrace,
  openPage,
  type RunningViewer,
  rowNames,
  startBrowser,
  startViewer,
  traceIdOf,
} from './harness.ts'

let browser: Browser
let viewer: RunningViewer
let page: Page
let problems: string[]
/** Problems that the test itself brings about. */
let expected: RegExp | undefined

beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  viewer = await startViewer()
  expected = undefined
  ;({ page, problems } = await openPage(browser))
})
afterEach(async () => {
  await page.close()
  await viewer.close()
  expect(problems.filter((problem) => !expected?.test(problem))).toEqual([])
})

const errorStatus = { code: 2, message: 'broken' }

async function threeTraces(): Promise<void> {
  await ingestSpans(
    viewer.store,
    oneSpanTrace(1, 'web', 'GET /newest'),
    oneSpanTrace(2, 'cart', 'POST /cart', { status: errorStatus }),
    oneSpanTrace(3, 'web', 'GET /slow', { endTimeUnixNano: noonUnixNano }),
  )
}

async function gotoList(path = '/'): Promise<void> {
  await page.goto(viewer.url + path)
  await page.locator('.trace-row').first().waitFor()
}

async function expectRows(names: string[]): Promise<void> {
  await expect.poll(() => rowNames(page), { timeout: 10_000 }).toEqual(names)
}

function search(): string {
  return decodeURIComponent(new URL(page.url()).search.replaceAll('+', ' '))
}

describe('the list', () => {
  test('shows traces newest first with service, duration and errors', async () => {
    await threeTraces()
    await gotoList()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
    const first = page.locator('.trace-row', { hasText: 'POST /cart' })
    expect(await first.locator('strong').textContent()).toBe('cart')
    expect(await first.locator('.cell-duration').textContent()).toContain('5 ms')
    expect(await first.locator('.cell-errors').textContent()).toBe('1')
    expect(await page.title()).toBe('Traces · otel-ts')
  })

  test('asks for more while it is scrolled, until all are there', async () => {
    await ingest(viewer.store, sampleTelemetry({ traceCount: 250 }))
    await gotoList()
    const grid = page.getByRole('grid', { name: 'Traces' })
    expect(await grid.getAttribute('aria-rowcount')).toBe('100')
    for (const count of ['200', '250']) {
      await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(count)
    }
    await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.getByText('End of the list: 250 traces').waitFor()
    // Only the rows in view exist.
    expect(await page.locator('.trace-row').count()).toBeLessThan(60)
  })

  test('a click on a point of the chart opens its trace', async () => {
    await ingestSpans(viewer.store, oneSpanTrace(1, 'web', 'the only one'))
    await gotoList()
    // A lone trace stands at the left end, half way up.
    const canvas = page.locator('.scatter canvas')
    const box = (await canvas.boundingBox())!
    for (let y = 4; y < box.height - 16; y += 3) {
      await page.mouse.move(box.x + 52, box.y + y)
      if (await page.locator('.scatter .tooltip').isVisible()) {
        await page.mouse.down()
        await page.mouse.up()
        break
      }
    }
    await page.waitForURL(`**/traces/${traceIdOf(1)}`)
  })
})

describe('filters', () => {
  test('text runs in the store on Enter, is in the URL, and Back undoes it', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('/')
    await page.keyboard.type('service=web duration>100ms')
    await page.keyboard.press('Enter')
    await expectRows(['GET /slow'])
    expect(search()).toBe('?q=service=web duration>100ms')
    await page.goBack()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
    expect(await page.getByRole('combobox', { name: 'Filter traces' }).inputValue()).toBe('')
    await page.goForward()
    await expectRows(['GET /slow'])
  })

  test('quick filters add up and come back from the URL', async () => {
    await threeTraces()
    await gotoList()
    await page.getByRole('button', { name: /^web/ }).click()
    await expectRows(['GET /newest', 'GET /slow'])
    await page.getByRole('button', { name: '1s', exact: true }).click()
    await expectRows(['GET /slow'])
    expect(search()).toBe('?service=web&min=1s')
    await page.reload()
    await expectRows(['GET /slow'])
    expect(await page.getByRole('button', { name: /^web/ }).getAttribute('aria-pressed')).toBe('true')
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByRole('checkbox', { name: 'Errors only' }).check()
    await expectRows(['POST /cart'])
    expect(search()).toBe('?errors=1')
  })

  test('says how many traces the filter hides, and one click brings them back', async () => {
    await threeTraces()
    await page.goto(`${viewer.url}/traces?q=service%3Dnobody`)
    await page.getByText('The filter hides 3 traces.').waitFor()
    await page.getByRole('button', { name: 'Clear all filters' }).click()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
  })

  test('underlines what cannot be read, at its place', async () => {
    expected = /400 \(Bad Request\)/
    await threeTraces()
    await page.goto(`${viewer.url}/traces?q=${encodeURIComponent('service=web duration>soon')}`)
    await page.getByText('This filter cannot be read').waitFor()
    expect(await page.locator('.filter-underline u').textContent()).toBe('soon')
    expect(await page.getByRole('combobox', { name: 'Filter traces' }).getAttribute('aria-invalid')).toBe('true')
    await page.getByRole('button', { name: 'Clear the filter text' }).click()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
  })

  test('completes fields and values from what the store holds', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('serv')
    await page.getByRole('option', { name: /^service/ }).waitFor()
    await page.keyboard.press('Tab')
    const box = page.getByRole('combobox', { name: 'Filter traces' })
    await expect.poll(() => box.inputValue()).toBe('service=')
    await page.getByRole('option', { name: /^cart/ }).waitFor()
    await page.keyboard.type('c')
    await expect.poll(() => page.locator('.choices [role="option"]').count()).toBe(1)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(() => box.inputValue()).toBe('service=cart ')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await expectRows(['POST /cart'])
  })

  test('a trace id in the filter opens that trace', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('/')
    await page.keyboard.type(traceIdOf(2).toUpperCase())
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/traces/${traceIdOf(2)}`)
  })
})

describe('live', () => {
  test('the first trace takes the place of the empty state without a reload', async () => {
    await page.goto(viewer.url)
    await page.getByRole('heading', { name: 'Send your first trace' }).waitFor()
    expect(await page.locator('.recipe code').textContent()).toContain(
      'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318',
    )
    await page.getByRole('tab', { name: 'Python' }).click()
    expect(await page.locator('.recipe code').textContent()).toContain('opentelemetry-instrument')
    await page.getByText('Waiting for data…').waitFor()
    await ingestSpans(viewer.store, oneSpanTrace(1, 'web', 'GET /first'))
    await expectRows(['GET /first'])
  })

  test('a new trace goes in at the top', async () => {
    await threeTraces()
    await gotoList()
    await ingestSpans(viewer.store, oneSpanTrace(0, 'mail', 'send'))
    await expectRows(['send', 'GET /newest', 'POST /cart', 'GET /slow'])
    await page.getByRole('button', { name: /^mail/ }).waitFor()
  })

  test('a new trace that the filter hides stays out', async () => {
    await threeTraces()
    await gotoList('/traces?service=cart')
    await ingestSpans(viewer.store, oneSpanTrace(0, 'mail', 'send'), oneSpanTrace(-1, 'cart', 'GET /cart'))
    await expectRows(['GET /cart', 'POST /cart'])
  })

  test('while the reader is further down, new traces are counted and nothing moves', async () => {
    const many = Array.from({ length: 90 }, (_, i) => oneSpanTrace(i + 1, 'web', `GET /${i + 1}`))
    await ingestSpans(viewer.store, ...many)
    await gotoList()
    const grid = page.getByRole('grid', { name: 'Traces' })
    await grid.evaluate((element) => element.scrollTo(0, 28 * 20))
    await page.locator('.trace-row', { hasText: 'GET /30' }).waitFor()
    const before = await page.locator('.trace-row', { hasText: 'GET /30' }).boundingBox()
    await ingestSpans(viewer.store, oneSpanTrace(0, 'web', 'GET /new'), oneSpanTrace(-1, 'web', 'GET /newer'))
    await page.getByRole('button', { name: '2 new' }).waitFor()
    expect(await page.locator('.trace-row', { hasText: 'GET /30' }).boundingBox()).toEqual(before)
    await page.getByRole('button', { name: '2 new' }).click()
    await expect.poll(async () => (await rowNames(page))[0]).toBe('GET /newer')
  })

  test('l pauses and resumes', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('l')
    await page.getByRole('button', { name: 'Paused' }).waitFor()
    await ingestSpans(viewer.store, oneSpanTrace(0, 'mail', 'send'))
    await page.getByRole('button', { name: '1 new' }).waitFor()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
    await page.keyboard.press('l')
    await expectRows(['send', 'GET /newest', 'POST /cart', 'GET /slow'])
  })

  test('a server that goes away is said at once, and its return brings what was missed', async () => {
    expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/
    await threeTraces()
    await gotoList()
    await viewer.stop()
    await page.getByText('Disconnected from the server').waitFor()
    await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
    await ingestSpans(viewer.store, oneSpanTrace(0, 'mail', 'missed'))
    await viewer.start()
    await expectRows(['missed', 'GET /newest', 'POST /cart', 'GET /slow'])
    await expect.poll(() => page.getByText('Disconnected from the server').count()).toBe(0)
  })

  test('says what the store has let go', async () => {
    await viewer.close()
    viewer = await startViewer({ maxByteCount: 1024 * 1024 })
    await ingest(viewer.store, sampleTelemetry({ traceCount: 3000 }))
    const { evictedSpanCount } = await viewer.store.stats()
    expect(evictedSpanCount).toBeGreaterThan(0)
    await gotoList()
    await page
      .locator('.status-bar')
      .getByText(/evicted/)
      .waitFor()
  })
})

describe('reading without a mouse', () => {
  test('j, k and Enter open a trace; Escape comes back to the same row', async () => {
    await threeTraces()
    await gotoList('/traces?range=')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('j')
    expect(await page.locator('.trace-row.is-cursor').textContent()).toContain('POST /cart')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/traces/${traceIdOf(2)}`)
    await page.getByRole('treegrid').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.trace-row.is-cursor', { hasText: 'POST /cart' }).waitFor()
  })

  test('e goes to the next trace with errors', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('e')
    expect(await page.locator('.trace-row.is-cursor').textContent()).toContain('POST /cart')
  })

  test('? lists the shortcuts that work here', async () => {
    await threeTraces()
    await gotoList()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.getByText('Next trace with errors').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
  })
})

describe('themes', () => {
  test('follows the system until chosen, and the choice lasts', async () => {
    await threeTraces()
    await page.emulateMedia({ colorScheme: 'dark' })
    await gotoList()
    const themeNow = (): Promise<string | null> => page.locator('html').getAttribute('data-theme')
    const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(await themeNow()).toBe('dark')
    const dark = await ground()
    await page.getByRole('button', { name: /^Theme: system/ }).click()
    await expect.poll(themeNow).toBe('light')
    expect(await ground()).not.toBe(dark)
    await page.reload()
    expect(await themeNow()).toBe('light')
    await page.keyboard.press('t')
    await expect.poll(themeNow).toBe('dark')
    await page.keyboard.press('t')
    await page.getByRole('button', { name: /^Theme: system/ }).waitFor()
  })
})

test('fits on a screen of 390 pixels', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await ingest(viewer.store, sampleTelemetry({ traceCount: 40 }))
  await gotoList()
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
  expect(overflow).toBeLessThanOrEqual(0)
  await page.getByRole('button', { name: 'Quick filters' }).click()
  await page.getByRole('button', { name: /^payment/ }).click()
  await page.waitForURL('**/traces?service=payment')
})

test('an address that means nothing says so and leads back', async () => {
  await threeTraces()
  await page.goto(`${viewer.url}/nowhere`)
  await page.getByText('There is no such page').waitFor()
  await page.getByRole('button', { name: 'To the traces' }).click()
  await expectRows(['GET /newest', 'POST /cart', 'GET /slow'])
})
