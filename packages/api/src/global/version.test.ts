// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { isLowerVersion, stampVersion } from './version.ts'

test('the stamp is the newest minor of @opentelemetry/api', () => {
  expect(stampVersion).toBe('1.10.0')
})

test.each([
  ['1.9.1', '1.10.0', true],
  ['1.10.0', '1.9.1', false],
  ['1.10.0', '1.10.0', false],
  ['1.10.0', '1.10.1', true],
  ['1.99.0', '1.10.0', false],
  ['2.0.0', '1.10.0', false],
  ['1.10.0-alpha.1', '1.10.0', true],
  ['1.11.0-alpha.1', '1.10.0', false],
  ['1.10.0', '1.10.0-alpha.1', false],
  [undefined, '1.10.0', true],
  ['nonsense', '1.10.0', true],
  ['1.10', '1.10.0', true],
  ['1.10.0', 'nonsense', false],
])('%j is lower than %j: %j', (version, other, lower) => {
  expect(isLowerVersion(version, other)).toBe(lower)
})
