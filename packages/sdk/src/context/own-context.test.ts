// SPDX-License-Identifier: Apache-2.0
import { type Context, ROOT_CONTEXT } from '@otel-ts/api'
import { expect, test } from 'vitest'
import { ownContext } from './own-context.ts'

/** As npm's API makes contexts: values in a Map, copied for each change. */
function npmContext(values: ReadonlyMap<symbol, unknown> = new Map()): Context {
  const context = {
    _currentContext: values,
    getValue: (key: symbol) => values.get(key),
    setValue: (key: symbol, value: unknown) => npmContext(new Map(values).set(key, value)),
    deleteValue: () => context,
  }
  return context
}

test("an empty context of npm's API is exchanged for our root context", () => {
  expect(ownContext(npmContext())).toBe(ROOT_CONTEXT)
})

test('a context that holds a value stays what it is, whoever made it', () => {
  const theirs = npmContext().setValue(Symbol('k'), 1)
  expect(ownContext(theirs)).toBe(theirs)
  const ours = ROOT_CONTEXT.setValue(Symbol('k'), 1)
  expect(ownContext(ours)).toBe(ours)
  expect(ownContext(ROOT_CONTEXT)).toBe(ROOT_CONTEXT)
})

test('a context of which nothing is known stays what it is', () => {
  const unknown = { getValue() {}, setValue: () => unknown, deleteValue: () => unknown }
  expect(ownContext(unknown)).toBe(unknown)
})
