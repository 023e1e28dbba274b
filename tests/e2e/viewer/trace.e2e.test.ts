// SPDX-License-Identifier: Apache-2.0
import type { ResourceSpans, Span } from '@otel-ts/otlp'
import { largeSampleTrace, logRecord, sampleTelemetry, spanRecord, spansOfService } from '@otel-ts/testkit'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Browser,
  ingest,
  ingestLogs,
  ingestSpans,
  logsOf,
  noonUnixNano,
  oneSpanTrace,
  openPage,
  type RunningViewer,
  startBrowser,
  startViewer,
  traceIdOf,
} from './harness.ts'

let browser: Browser
let viewer: RunningViewer
let page: Page
let problems: string[]
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

const traceId = traceIdOf(7)
const ids = { root: '1000000000000001', query: '1000000000000002', pay: '1000000000000003', charge: '1000000000000004' }

/** `GET /checkout` in web over 100 ms; in it a query, and `pay` with a failing `charge` in payment. */
function shopTrace(): ResourceSpans[] {
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    from: number,
    to: number,
    rest: Partial<Span> = {},
  ): Span =>
    spanRecord({
      traceId,
      spanId,
      parentSpanId,
      name,
      startTimeUnixNano: noonUnixNano + BigInt(from) * 1_000_000n,
      endTimeUnixNano: noonUnixNano + BigInt(to) * 1_000_000n,
      ...rest,
    })
  return [
    spansOfService('web', [
      span(ids.root, '', 'GET /checkout', 0, 100, {
        kind: 2,
        attributes: [
          { key: 'http.request.method', value: 'GET' },
          { key: 'http.response.status_code', value: 500n },
          { key: 'cart.items', value: { list: ['apple', 2n] } },
        ],
      }),
      span(ids.query, ids.root, 'SELECT cart', 10, 30, { kind: 3 }),
    ]),
    spansOfService(
      'payment',
      [
        span(ids.pay, ids.root, 'pay', 40, 90),
        span(ids.charge, ids.pay, 'charge', 45, 85, {
          status: { code: 2, message: 'card expired' },
          events: [
            {
              name: 'exception',
              timeUnixNano: noonUnixNano + 80_000_000n,
              attributes: [{ key: 'exception.type', value: 'CardError' }],
              droppedAttributesCount: 0,
            },
          ],
          links: [
            {
              traceId: traceIdOf(1),
              spanId: '00000000000000aa',
              traceState: '',
              attributes: [],
              droppedAttributesCount: 0,
              flags: 0,
            },
          ],
        }),
      ],
      [{ key: 'host.name', value: 'pay-1' }],
    ),
  ]
}

async function openTrace(search = ''): Promise<void> {
  await page.goto(`${viewer.url}/traces/${traceId}${search}`)
  await page.getByRole('treegrid').waitFor()
}

async function openShopTrace(search = ''): Promise<void> {
  await ingestSpans(viewer.store, ...shopTrace())
  await openTrace(search)
}

function rowCount(): Promise<string | null> {
  return page.getByRole('treegrid').getAttribute('aria-rowcount')
}

async function selectedName(): Promise<string> {
  return (await page.locator('.drawer-name').textContent()) ?? ''
}

async function expectParam(name: string, value: string | null): Promise<void> {
  await expect.poll(() => new URL(page.url()).searchParams.get(name)).toBe(value)
}

describe('the trace page', () => {
  test('names the trace and counts its spans, errors and services', async () => {
    await openShopTrace()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('web GET /checkout')
    const facts = await page.locator('.facts').textContent()
    expect(facts).toContain('Duration100 ms')
    expect(facts).toContain('Spans4')
    expect(facts).toContain('Errors1')
    expect(facts).toContain(traceId)
    expect(await page.title()).toBe('GET /checkout · otel-ts')
  })

  test('has every row for screen readers, as deep as it is drawn', async () => {
    await openShopTrace()
    const rows = page.locator('.row-tree [role="row"]')
    expect(await rows.allTextContents()).toEqual([
      'web GET /checkout100 ms, after 0 ns, HTTP 500',
      'web SELECT cart20 ms, after 10 ms',
      'payment pay50 ms, after 40 ms',
      'payment charge40 ms, after 45 ms, error',
    ])
    expect(await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-level')))).toEqual([
      '1',
      '2',
      '2',
      '3',
    ])
  })

  test('draws: the canvas is not blank, and not the same in the other theme', async () => {
    await openShopTrace()
    const canvas = `document.querySelector('.waterfall canvas')`
    const picture = (): Promise<string> => page.evaluate<string>(`${canvas}.toDataURL()`)
    const colours = await page.evaluate<number>(`(() => {
      const canvas = ${canvas}
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return new Set(new Uint32Array(data.buffer)).size
    })()`)
    expect(colours).toBeGreaterThan(20)
    const before = await picture()
    await page.keyboard.press('t')
    await page.keyboard.press('t')
    await expect.poll(picture).not.toBe(before)
    await page.keyboard.press('t')
  })

  test('a span that comes in later takes its place', async () => {
    await openShopTrace()
    expect(await rowCount()).toBe('4')
    await ingestSpans(
      viewer.store,
      oneSpanTrace(7, 'mail', 'receipt', { parentSpanId: ids.root, spanId: '1000000000000009' }),
    )
    await expect.poll(rowCount).toBe('5')
  })
})

describe('moving through the rows', () => {
  test('j and k move, and the URL follows without new history entries', async () => {
    await openShopTrace()
    const before = await page.evaluate<number>('history.length')
    await page.keyboard.press('j')
    await expect.poll(selectedName).toBe('GET /checkout')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('j')
    await expect.poll(selectedName).toBe('pay')
    await page.keyboard.press('k')
    await expect.poll(selectedName).toBe('SELECT cart')
    await expectParam('span', ids.query)
    expect(await page.evaluate<number>('history.length')).toBe(before)
    const active = await page.getByRole('treegrid').getAttribute('aria-activedescendant')
    expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true')
  })

  test('left collapses, then goes to the parent; right expands, then goes to the child', async () => {
    await openShopTrace(`?span=${ids.pay}`)
    await page.keyboard.press('ArrowLeft')
    await expect.poll(rowCount).toBe('3')
    await expectParam('fold', ids.pay)
    await page.keyboard.press('ArrowRight')
    await expect.poll(rowCount).toBe('4')
    await page.keyboard.press('ArrowRight')
    await expect.poll(selectedName).toBe('charge')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(selectedName).toBe('pay')
  })

  test('] collapses all, [ expands all', async () => {
    await openShopTrace()
    await page.keyboard.press(']')
    await expect.poll(rowCount).toBe('1')
    await page.keyboard.press('[')
    await expect.poll(rowCount).toBe('4')
  })

  test('a click on the arrow collapses, a click on the bar selects', async () => {
    await openShopTrace()
    const box = (await page.locator('.waterfall canvas').boundingBox())!
    const rowMiddle = (row: number): number => box.y + 28 + 26 * row + 13
    await page.mouse.click(box.x + box.width - 200, rowMiddle(1))
    await expect.poll(selectedName).toBe('SELECT cart')
    await page.mouse.click(box.x + 17, rowMiddle(0))
    await expect.poll(rowCount).toBe('1')
  })

  test('e opens what is collapsed and goes to the error', async () => {
    await openShopTrace()
    await page.keyboard.press(']')
    await expect.poll(rowCount).toBe('1')
    await page.keyboard.press('e')
    await expect.poll(selectedName).toBe('charge')
    await expect.poll(rowCount).toBe('4')
  })

  test('search marks and counts matches, n goes round them', async () => {
    await openShopTrace()
    await page.keyboard.press('/')
    await page.keyboard.type('payment')
    await expect.poll(() => page.locator('.find-count').textContent()).toBe('2')
    await page.keyboard.press('Enter')
    await expect.poll(selectedName).toBe('pay')
    await page.getByRole('treegrid').focus()
    await page.keyboard.press('n')
    await expect.poll(selectedName).toBe('charge')
    await page.keyboard.press('n')
    await expect.poll(selectedName).toBe('pay')
    await page.keyboard.press('N')
    await expect.poll(selectedName).toBe('charge')
    await expectParam('find', 'payment')
  })
})

describe('time', () => {
  test('a drag on the minimap zooms, 0 shows all again', async () => {
    await openShopTrace()
    const box = (await page.locator('.minimap canvas').boundingBox())!
    const xAt = (share: number): number => box.x + 10 + (box.width - 20) * share
    await page.mouse.move(xAt(0.25), box.y + 30)
    await page.mouse.down()
    await page.mouse.move(xAt(0.4), box.y + 30)
    await page.mouse.move(xAt(0.5), box.y + 30)
    await page.mouse.up()
    await expect.poll(() => Math.round(Number(new URL(page.url()).searchParams.get('from')) / 1e6)).toBe(25)
    expect(Math.round(Number(new URL(page.url()).searchParams.get('to')) / 1e6)).toBe(50)
    await page.keyboard.press('0')
    await expectParam('from', null)
  })

  test('a drag over the bars zooms too, and + and - work', async () => {
    await openShopTrace()
    const box = (await page.locator('.waterfall canvas').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.6, box.y + 200)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.7, box.y + 200)
    await page.mouse.move(box.x + box.width * 0.8, box.y + 200)
    await page.mouse.up()
    await expect.poll(() => new URL(page.url()).searchParams.has('from')).toBe(true)
    const length = (): number => {
      const { searchParams } = new URL(page.url())
      return Number(searchParams.get('to')) - Number(searchParams.get('from'))
    }
    const before = length()
    await page.keyboard.press('+')
    await expect.poll(length).toBeLessThan(before * 0.6)
  })

  test('c shows the critical path and keeps it in the URL', async () => {
    await openShopTrace()
    await page.keyboard.press('c')
    await expectParam('critical', '1')
    expect(await page.getByRole('button', { name: 'Critical path' }).getAttribute('aria-pressed')).toBe('true')
  })

  test('the whole view comes back after a reload', async () => {
    await openShopTrace(`?span=${ids.query}&from=5000000&to=60000000&find=cart&fold=${ids.pay}&critical=1`)
    const check = async (): Promise<void> => {
      await expect.poll(selectedName).toBe('SELECT cart')
      expect(await rowCount()).toBe('3')
      expect(await page.getByRole('searchbox').inputValue()).toBe('cart')
      await page.getByRole('button', { name: '55 ms' }).waitFor()
    }
    await check()
    await page.reload()
    await check()
  })
})

describe('the drawer', () => {
  test('shows attributes, events, links, logs, resource and scope of the span', async () => {
    await ingestLogs(
      viewer.store,
      logsOf('payment', [
        logRecord({
          timeUnixNano: noonUnixNano + 81_000_000n,
          severityNumber: 17,
          severityText: 'ERROR',
          body: 'charge refused',
          traceId,
          spanId: ids.charge,
        }),
      ]),
    )
    await openShopTrace(`?span=${ids.charge}`)
    const drawer = page.locator('.drawer')
    await drawer.getByText('charge refused').waitFor()
    await drawer.getByText('card expired').waitFor()
    await drawer.getByText('CardError').waitFor()
    await drawer.getByRole('link', { name: /aaaaaaaaaaaaaaaa…/ }).waitFor()
    await drawer.getByText('Resource').click()
    await drawer.getByText('pay-1').waitFor()
    await drawer.locator('summary', { hasText: 'Scope' }).click()
    await drawer.locator('.plain-facts').getByText('scope', { exact: true }).waitFor()
    const raw = await page.request.get(
      viewer.url + (await drawer.getByRole('link', { name: 'Raw OTLP JSON' }).getAttribute('href')),
    )
    expect(raw.ok()).toBe(true)
    expect(JSON.stringify(await raw.json())).toContain(ids.charge)
  })

  test('an attribute leads to the traces that have its value', async () => {
    await openShopTrace(`?span=${ids.root}`)
    await page.getByRole('button', { name: 'http.request.method' }).click()
    await page.getByRole('menuitem', { name: 'Traces with this value' }).click()
    await page.locator('.trace-row', { hasText: 'GET /checkout' }).waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe('attribute.http.request.method=GET')
    await page.goBack()
    await expect.poll(selectedName).toBe('GET /checkout')
  })

  test('the menu of an attribute closes on Escape, on a click elsewhere and when the window changes', async () => {
    await openShopTrace(`?span=${ids.root}`)
    const key = page.getByRole('button', { name: 'http.request.method' })
    const menu = page.getByRole('menu')
    const closings = [
      () => page.keyboard.press('Escape'),
      () => page.locator('.drawer-name').click(),
      () => page.setViewportSize({ width: 1000, height: 700 }),
    ]
    for (const closing of closings) {
      await key.click()
      await menu.waitFor()
      await closing()
      await expect.poll(() => menu.count()).toBe(0)
    }
    await expect.poll(selectedName).toBe('GET /checkout')
  })

  test('values keep their kind: numbers, lists', async () => {
    await openShopTrace(`?span=${ids.root}`)
    const value = (key: string): Promise<string | null> =>
      page.locator('.attribute', { hasText: key }).locator('.value').textContent()
    await page.locator('.attribute').first().waitFor()
    expect(await value('http.response.status_code')).toBe('500')
    expect(await value('cart.items')).toBe('["apple",2]')
  })

  test('Escape closes it; a link to the other trace opens that', async () => {
    await ingestSpans(viewer.store, oneSpanTrace(1, 'queue', 'enqueue', { spanId: '00000000000000aa' }))
    await openShopTrace(`?span=${ids.charge}`)
    await page.getByRole('link', { name: /aaaaaaaaaaaaaaaa…/ }).click()
    await page.waitForURL(`**/traces/${traceIdOf(1)}?span=00000000000000aa`)
    await expect.poll(selectedName).toBe('enqueue')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.drawer').count()).toBe(0)
  })
})

describe('what cannot be shown', () => {
  test('a trace that was never received is told from one that was let go', async () => {
    expected = /404 \(Not Found\)/
    await viewer.close()
    viewer = await startViewer({ maxByteCount: 1024 * 1024 })
    await ingestSpans(viewer.store, ...shopTrace())
    for (let seed = 1; seed < 50 && (await viewer.store.trace(traceId)) !== 'evicted'; seed++) {
      await ingest(viewer.store, sampleTelemetry({ seed, traceCount: 100 }))
    }
    expect(await viewer.store.trace(traceId)).toBe('evicted')
    await page.goto(`${viewer.url}/traces/${traceId}`)
    await page.getByText('This trace was let go').waitFor()
    await page.goto(`${viewer.url}/traces/${traceIdOf(4711)}`)
    await page.getByText('No such trace here').waitFor()
    await page.getByRole('button', { name: 'Back to the traces' }).click()
    await page.locator('.trace-row').first().waitFor()
  })

  test('a trace that comes in while its page waits is shown', async () => {
    expected = /404 \(Not Found\)/
    await page.goto(`${viewer.url}/traces/${traceId}`)
    await page.getByText('No such trace here').waitFor()
    await ingestSpans(viewer.store, ...shopTrace())
    await page.getByRole('heading', { name: 'web GET /checkout' }).waitFor()
  })

  test('an unknown span says so in the drawer', async () => {
    expected = /404 \(Not Found\)/
    await openShopTrace('?span=00000000000000ff')
    await page.getByText('No such span in this trace').waitFor()
  })
})

describe('hostile telemetry', () => {
  const hostile = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\u202Egpj.exe'

  test('is only ever text, and of any length', async () => {
    const huge = 'A'.repeat(1_000_000)
    await ingestSpans(
      viewer.store,
      spansOfService(
        hostile,
        [
          spanRecord({
            traceId,
            spanId: ids.root,
            name: hostile,
            kind: 99,
            startTimeUnixNano: noonUnixNano,
            endTimeUnixNano: noonUnixNano + 1_000_000n,
            status: { code: 2, message: hostile },
            traceState: hostile,
            attributes: [
              { key: hostile, value: hostile },
              { key: '__proto__', value: 'polluted' },
              { key: 'huge', value: huge },
              { key: 'link', value: 'javascript:window.hit=1' },
              { key: '', value: '' },
            ],
            events: [
              {
                name: hostile,
                timeUnixNano: noonUnixNano,
                attributes: [{ key: hostile, value: hostile }],
                droppedAttributesCount: 0,
              },
            ],
          }),
        ],
        [{ key: hostile, value: hostile }],
      ),
    )
    await ingestLogs(
      viewer.store,
      logsOf(hostile, [
        logRecord({
          timeUnixNano: noonUnixNano,
          severityText: hostile,
          body: hostile,
          eventName: hostile,
          traceId,
          spanId: ids.root,
        }),
      ]),
    )

    await page.goto(viewer.url)
    await page.locator('.trace-row', { hasText: '<img src=x' }).waitFor()
    await page.locator('.trace-row').hover()
    await page.locator('.facets').getByText('<img src=x').click()
    await page.locator('.trace-row a').click()
    await page.getByRole('treegrid').waitFor()
    await page.keyboard.press('j')
    const drawer = page.locator('.drawer')
    await drawer.getByText('polluted').waitFor()
    const closed = drawer.locator('details:not([open]) > summary')
    while ((await closed.count()) > 0) await closed.first().click()
    const showMore = drawer.getByRole('button', { name: 'Show more (977 KiB in all)' })
    expect(
      (await page.locator('.attribute', { hasText: 'huge' }).locator('.value-text').textContent())?.length,
    ).toBeLessThan(500)
    await showMore.click()
    await expect
      .poll(
        async () =>
          (await page.locator('.attribute', { hasText: 'huge' }).locator('.value-text').textContent())?.length,
      )
      .toBeGreaterThan(49_000)

    expect(await page.evaluate<boolean>('"hit" in window')).toBe(false)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0)
    // The override would turn what follows it around; where names stand in a line it is a visible dot.
    expect(await page.getByRole('heading', { level: 1 }).textContent()).not.toContain('\u202E')
  })

  test('circles, orphans and doubles all get a row and a word of explanation', async () => {
    const odd = (spanId: string, parentSpanId: string, name: string): Span =>
      spanRecord({
        traceId,
        spanId,
        parentSpanId,
        name,
        startTimeUnixNano: noonUnixNano,
        endTimeUnixNano: noonUnixNano + 1000n,
      })
    await ingestSpans(
      viewer.store,
      spansOfService('odd', [
        odd(ids.root, ids.query, 'one'),
        odd(ids.query, ids.root, 'two'),
        odd(ids.pay, '00000000000000ee', 'lost'),
      ]),
    )
    await openTrace(`?span=${ids.pay}`)
    expect(await rowCount()).toBe('3')
    await page.locator('.drawer').getByText('Its parent is not in this trace (yet).').waitFor()
    await page.goto(`${viewer.url}/traces/${traceId}?span=${ids.root}`)
    await page.locator('.drawer').getByText('Its parents lead back to itself; the circle is cut here.').waitFor()
  })
})

describe('size', () => {
  test('a trace of 10,000 spans opens, scrolls and goes from error to error', async () => {
    const sample = largeSampleTrace({ spanCount: 10_000 })
    await ingest(viewer.store, sample)
    await page.goto(`${viewer.url}/traces/${sample.traceIds[0]}`)
    await page.getByRole('treegrid').waitFor()
    expect(await rowCount()).toBe('10000')
    expect(await page.locator('.row-tree [role="row"]').count()).toBeLessThan(60)
    await page.keyboard.press('End')
    await expect.poll(() => page.getByRole('treegrid').getAttribute('aria-activedescendant')).toBe('span-row-9999')
    await page.keyboard.press('Home')
    await page.keyboard.press('e')
    await page.locator('.span-facts .is-error').waitFor()
  })

  test('fits on a screen of 390 pixels, the drawer over it', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await openShopTrace()
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
      0,
    )
    await page.keyboard.press('j')
    const box = (await page.locator('.drawer').boundingBox())!
    expect([box.x, box.width]).toEqual([0, 390])
    await page.getByRole('button', { name: 'Close details' }).click()
    await expect.poll(() => page.locator('.drawer').count()).toBe(0)
  })
})
