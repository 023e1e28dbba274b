// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import type { Condition } from '../store.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { formatFilter, parseFilter } from './filter.ts'

describe('a filter', () => {
  test.each<[string, Condition[]]>([
    ['', []],
    ['  \t\n ', []],
    ['service=checkout', [{ field: 'service', op: '=', value: 'checkout' }]],
    ['name~"GET /"', [{ field: 'name', op: 'contains', value: 'GET /' }]],
    ['"GET /"', [{ field: 'name', op: 'contains', value: 'GET /' }]],
    ['duration>250ms', [{ field: 'duration', op: '>', value: 250_000_000n }]],
    ['duration<=1m30s', [{ field: 'duration', op: '<=', value: 90_000_000_000n }]],
    ['error', [{ field: 'status', op: '=', value: 'error' }]],
    ['!error', [{ field: 'status', op: '!=', value: 'error' }]],
    ['status=Unset', [{ field: 'status', op: '=', value: 'unset' }]],
    ['kind=SERVER', [{ field: 'kind', op: '=', value: 'server' }]],
    ['http.response.status_code>=500', [{ field: 'any.http.response.status_code', op: '>=', value: '500' }]],
    ['user.id="7"', [{ field: 'any.user.id', op: '=', value: '7' }]],
    ['!cache.hit', [{ field: 'any.cache.hit', op: 'missing' }]],
    ['cache.hit', [{ field: 'any.cache.hit', op: 'exists' }]],
    ['"a b"=*', [{ field: 'any.a b', op: 'exists' }]],
    ['a!=*', [{ field: 'any.a', op: 'missing' }]],
    ['a="*"', [{ field: 'any.a', op: '=', value: '*' }]],
    ['a!=b', [{ field: 'any.a', op: '!=', value: 'b' }]],
    ['a!~b', [{ field: 'any.a', op: 'notContains', value: 'b' }]],
    ['a<5', [{ field: 'any.a', op: '<', value: '5' }]],
    ['a=b=c', [{ field: 'any.a', op: '=', value: 'b=c' }]],
    ['url.full=http://x/?a=1&b=2', [{ field: 'any.url.full', op: '=', value: 'http://x/?a=1&b=2' }]],
    ['a=""', [{ field: 'any.a', op: '=', value: '' }]],
    ['a="say \\"hi\\" \\\\ now"', [{ field: 'any.a', op: '=', value: 'say "hi" \\ now' }]],
    ['"key with space"=1', [{ field: 'any.key with space', op: '=', value: '1' }]],
    ['!"key with space"', [{ field: 'any.key with space', op: 'missing' }]],
    ['attribute.name=x', [{ field: 'attribute.name', op: '=', value: 'x' }]],
    ['attribute.error', [{ field: 'attribute.error', op: 'exists' }]],
    ['resource.host.name=a', [{ field: 'resource.host.name', op: '=', value: 'a' }]],
    ['trace.id=ABCD', [{ field: 'trace.id', op: '=', value: 'abcd' }]],
    ['__proto__=1', [{ field: 'any.__proto__', op: '=', value: '1' }]],
    ['error=1', [{ field: 'any.error', op: '=', value: '1' }]],
    [
      'service=checkout name~"GET /" duration>250ms error http.response.status_code>=500 user.id="7" !cache.hit',
      [
        { field: 'service', op: '=', value: 'checkout' },
        { field: 'name', op: 'contains', value: 'GET /' },
        { field: 'duration', op: '>', value: 250_000_000n },
        { field: 'status', op: '=', value: 'error' },
        { field: 'any.http.response.status_code', op: '>=', value: '500' },
        { field: 'any.user.id', op: '=', value: '7' },
        { field: 'any.cache.hit', op: 'missing' },
      ],
    ],
  ])('%s is read', (text, conditions) => {
    assert.deepEqual(parseFilter(text), conditions)
  })

  test.each<[text: string, position: number, length: number, part: RegExp]>([
    ['duration>250', 9, 3, /"250" is not understood; expected a duration with a unit/],
    ['duration>abc', 9, 3, /expected a duration/],
    ['a=', 2, 1, /the end after a= is not understood; expected a value/],
    ['a= b', 2, 1, /" " after a=/],
    ['=5', 0, 1, /"=" is not understood; expected the name of a field/],
    ['!', 1, 1, /the end is not understood/],
    ['a="x', 2, 2, /without its partner/],
    ['a="x"b', 5, 1, /expected a space before the next condition/],
    ['a="\\n"', 3, 2, /expected \\" and \\\\ between quotes/],
    ['x !a=b', 2, 1, /expected a!= or a!~ instead/],
    ['kind=boss', 5, 4, /expected unspecified, internal, server/],
    ['status>red', 7, 3, /expected unset, ok, error/],
    ['resource.=5', 0, 9, /a key after the dot/],
    ['a"b"', 1, 1, /expected a space/],
    ['x'.repeat(4097), 4096, 1, /4097 characters is not understood; expected at most 4096/],
    [Array.from({ length: 65 }, () => 'a').join(' '), 128, 1, /at most 64/],
  ])('%s is refused with the place of the fault', (text, position, length, part) => {
    assert.throws(
      () => parseFilter(text),
      (error: Error & { code: string; position: number; length: number }) => {
        assert.equal(error.code, 'STORE_QUERY_SYNTAX')
        assert.match(error.message, part)
        assert.match(error.message, new RegExp(`^filter at ${position + 1}: .*; nothing was searched$`))
        assert.deepEqual([error.position, error.length], [position, length])
        return true
      },
    )
  })

  test('of 4,096 characters and of 64 conditions is read', () => {
    assert.equal(parseFilter('x'.repeat(4096)).length, 1)
    assert.equal(parseFilter(Array.from({ length: 64 }, () => 'a').join(' ')).length, 64)
  })

  test('written from conditions is read back as the same conditions', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 })
    const key = fc.oneof(
      fc.constantFrom('http.route', 'name', 'error', 'service', 'a b', '"', '!', 'any.x', '__proto__', 'duration', '*'),
      text.filter((value) => value !== ''),
    )
    const field = fc.oneof(
      fc.constantFrom('service', 'name', 'scope.name'),
      fc.tuple(fc.constantFrom('attribute', 'resource', 'any'), key).map(([group, name]) => `${group}.${name}`),
    )
    const op = fc.constantFrom<Condition['op']>('=', '!=', '>', '>=', '<', '<=', 'contains', 'notContains')
    const withText = fc.record({ field, op, value: text })
    const without = fc.record({
      field: fc.tuple(fc.constantFrom('attribute', 'resource', 'any'), key).map(([group, name]) => `${group}.${name}`),
      op: fc.constantFrom<Condition['op']>('exists', 'missing'),
    })
    const duration = fc.record({
      field: fc.constant('duration'),
      op: fc.constantFrom<Condition['op']>('>', '<='),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n }),
    })
    const status = fc.record({
      field: fc.constant('status'),
      op: fc.constantFrom<Condition['op']>('=', '!='),
      value: fc.constantFrom('ok', 'error', 'unset'),
    })
    const conditions = fc.array(fc.oneof(withText, without, duration, status), { maxLength: 6 })
    fc.assert(
      fc.property(conditions, (list) => {
        // fast-check's objects have no prototype.
        const plain = list.map((condition) => ({ ...condition }))
        assert.deepEqual(parseFilter(formatFilter(list)), plain)
      }),
      { numRuns: 500 },
    )
  })

  test('of any text is read or refused with a position inside it', () => {
    const piece = fc.constantFrom(
      'a',
      'service',
      '=',
      '!=',
      '"',
      '\\',
      ' ',
      '>',
      '~',
      '!',
      '*',
      'duration',
      '5ms',
      'error',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const conditions = parseFilter(text)
          assert.deepEqual(parseFilter(formatFilter(conditions)), conditions)
        } catch (error) {
          const { code, position, length } = error as { code: string; position: number; length: number }
          assert.equal(code, 'STORE_QUERY_SYNTAX')
          assert.ok(position >= 0 && position <= text.length && length >= 1)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a duration', () => {
  test.each<[string, bigint | undefined]>([
    ['1ns', 1n],
    ['1us', 1000n],
    ['1µs', 1000n],
    ['1ms', 1_000_000n],
    ['1.5s', 1_500_000_000n],
    ['2h3m4s', 7_384_000_000_000n],
    ['0', 0n],
    ['0.0000000001s', 0n],
    ['', undefined],
    ['5', undefined],
    ['ms', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    ['1s!', undefined],
    ['1.s', undefined],
    ['1d', undefined],
  ])('%s is %s', (text, nanos) => {
    assert.equal(parseDuration(text), nanos)
  })

  test('written is read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), (nanos) => {
        assert.equal(parseDuration(formatDuration(nanos)), nanos)
      }),
    )
  })
})
