// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { condition, cursorPlace, quoteWord } from './tokens.ts'

/** The bar is the cursor. */
function place(marked: string): string {
  const cursor = marked.indexOf('|')
  const text = marked.replace('|', '')
  const found = cursorPlace(text, cursor)
  const replaced = `[${text.slice(found.from, found.to)}]`
  return found.kind === 'field'
    ? `field ${found.prefix} ${replaced}`
    : `value of ${found.field}: ${found.prefix} ${replaced}`
}

describe('where the cursor stands', () => {
  test.each([
    ['|', 'field  []'],
    ['ser|', 'field ser [ser]'],
    ['ser|vice', 'field ser [service]'],
    ['service|=cart', 'field service [service]'],
    ['service=|', 'value of service:  []'],
    ['service=ca|', 'value of service: ca [ca]'],
    ['service=ca|rt', 'value of service: ca [cart]'],
    ['service=cart |', 'field  []'],
    ['service=cart dur|', 'field dur [dur]'],
    ['duration>=1|', 'value of duration: 1 [1]'],
    ['duration>|', 'value of duration:  []'],
    ['duration!|=5', 'field duration [duration]'],
    ['!us|er.id', 'field us [user.id]'],
    ['name="GET |/"', 'value of name: GET  ["GET /"]'],
    ['name="GET /" err|', 'field err [err]'],
    ['name="open and |', 'value of name: open and  ["open and ]'],
    ['"we=ird key"=|x', 'value of we=ird key:  [x]'],
    ['a=1  |  b=2', 'field  []'],
  ])('%s', (marked, expected) => {
    expect(place(marked)).toBe(expected)
  })

  test('every cursor in every half-typed text has a place within it', () => {
    const text = 'service="a \\" b" !x>=1 "GET /" k~"'
    for (let end = 0; end <= text.length; end++) {
      for (let cursor = 0; cursor <= end; cursor++) {
        const found = cursorPlace(text.slice(0, end), cursor)
        expect(found.from).toBeLessThanOrEqual(found.to)
        expect(found.to).toBeLessThanOrEqual(end)
      }
    }
  })
})

describe('writing conditions', () => {
  test.each([
    ['cart', 'cart'],
    ['/pay/:id', '/pay/:id'],
    ['', '""'],
    ['a b', '"a b"'],
    ['a=b', '"a=b"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['back\\slash x', '"back\\\\slash x"'],
    ['<script>', '"<script>"'],
  ])('%j is written %s', (word, expected) => {
    expect(quoteWord(word)).toBe(expected)
  })

  test('name, sign and value stand without spaces', () => {
    expect(condition('attribute.http.route', '!=', '/pay me')).toBe('attribute.http.route!="/pay me"')
  })
})
