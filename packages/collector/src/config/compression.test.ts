// SPDX-License-Identifier: Apache-2.0
import zlib from 'node:zlib'
import { field, object, oneOf, parseYaml, readConfig } from '@otel-ts/confmap'
import { expect, test } from 'vitest'
import { checkCompression, usableCompression } from './compression.ts'

test.each([
  ['zstd', true, 'zstd'],
  ['zstd', false, 'gzip'],
  ['snappy', false, 'snappy'],
  ['none', false, 'none'],
])('%s on a Node with zstd: %s, is %s', (compression, canZstd, used) => {
  expect(usableCompression(compression, canZstd)).toBe(used)
})

test('that another compression is used is a warning, with its place', () => {
  const words = ['gzip', 'zstd'] as const
  const schema = object({ compression: field(oneOf(words), { default: 'gzip', description: '' }) }, checkCompression)
  const read = (yaml: string) => readConfig(schema, parseYaml(yaml, 'x').node, ['e']).warnings
  expect(read('compression: gzip')).toEqual([])
  const expected = 'createZstdCompress' in zlib ? [] : [expect.objectContaining({ path: 'e::compression' })]
  expect(read('compression: zstd')).toEqual(expected)
})
