// SPDX-License-Identifier: Apache-2.0
import { ROOT_CONTEXT } from '@otel-ts/api'
import { expect, test } from 'vitest'
import { ownContext, rememberForeignRoot } from './foreign-roots.ts'

const context = (name: string) => ({
  name,
  getValue() {},
  setValue: () => context(name),
  deleteValue: () => context(name),
})

test('the root context of a known copy of the API is exchanged for ours, no other context is', () => {
  const root = context('root')
  expect(ownContext(root)).toBe(root)
  rememberForeignRoot(root)
  expect(ownContext(root)).toBe(ROOT_CONTEXT)
  const made = root.setValue()
  expect(ownContext(made)).toBe(made)
  expect(ownContext(ROOT_CONTEXT)).toBe(ROOT_CONTEXT)
})

test.each([undefined, null, 5, {}])('%s is no root context and is not remembered', (value) => {
  rememberForeignRoot(value)
  expect(ownContext(value as never)).toBe(value)
})
