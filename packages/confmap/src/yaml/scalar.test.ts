// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { ScalarValue } from '../node.ts'
import { resolvePlainScalar } from './scalar.ts'

// Expected values: go-yaml v3 resolve rules, which the Collector reads its configuration with.
const table: readonly [text: string, value: ScalarValue][] = [
  ['', null],
  ['~', null],
  ['Null', null],
  ['nULL', 'nULL'],
  ['true', true],
  ['TRUE', true],
  ['tRUE', 'tRUE'],
  ['yes', 'yes'],
  ['on', 'on'],
  ['n', 'n'],
  ['0', 0],
  ['-0', 0],
  ['+12', 12],
  ['0123', 83],
  ['-0123', -83],
  ['08', 8],
  ['0o17', 15],
  ['0x1F', 31],
  ['-0x10', -16],
  ['0b101', 5],
  ['1_000', 1000],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['18446744073709551615', 18446744073709551615n],
  ['18446744073709551616', 2 ** 64],
  ['-9223372036854775808', -9223372036854775808n],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['1.', 1],
  ['1e3', 1000],
  ['-1.5E-2', -0.015],
  ['1_000.5', 1000.5],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['.nan', Number.NaN],
  ['.', '.'],
  ['-', '-'],
  ['1.2.3', '1.2.3'],
  ['0x', '0x'],
  ['0xZZ', '0xZZ'],
  ['1e', '1e'],
  ['2020-01-02', '2020-01-02'],
  ['12:30:00', '12:30:00'],
  ['200ms', '200ms'],
  ['0.0.0.0:4318', '0.0.0.0:4318'],
]

describe('a plain YAML scalar is typed as go-yaml v3 types it', () => {
  test.each(table)('%j', (text, value) => {
    const resolved = resolvePlainScalar(text)
    // -0 and 0 are one integer.
    expect(resolved === 0 ? 0 : resolved).toEqual(value)
  })
})
