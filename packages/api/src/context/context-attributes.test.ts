// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { ROOT_CONTEXT } from './context.ts'
import { addContextAttributes, getContextAttributes } from './context-attributes.ts'

test('a context without attributes has an empty set', () => {
  expect(getContextAttributes(ROOT_CONTEXT)).toEqual({})
})

test('attributes are added to earlier ones and replace those of the same name; the old context keeps its own', () => {
  const first = addContextAttributes(ROOT_CONTEXT, { a: 1, b: 1 })
  const second = addContextAttributes(first, { b: 2, c: 2 })
  expect([getContextAttributes(first), getContextAttributes(second)]).toEqual([
    { a: 1, b: 1 },
    { a: 1, b: 2, c: 2 },
  ])
  expect(getContextAttributes(ROOT_CONTEXT)).toEqual({})
})

test('what was given can change afterwards without effect', () => {
  const given = { a: 1 }
  const context = addContextAttributes(ROOT_CONTEXT, given)
  given.a = 2
  expect(getContextAttributes(context)).toEqual({ a: 1 })
})
