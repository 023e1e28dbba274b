// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest'
import { diag } from '../diag/diag-api.ts'
import { ROOT_CONTEXT } from './context.ts'
import { context } from './context-api.ts'
import type { ContextManager } from './context-manager.ts'

const inner = ROOT_CONTEXT.setValue(Symbol('k'), 1)

function stackManager(): ContextManager {
  const stack = [ROOT_CONTEXT]
  return {
    active: () => stack.at(-1)!,
    with(context, fn, thisArg, ...args) {
      stack.push(context)
      try {
        return fn.apply(thisArg as ThisParameterType<typeof fn>, args)
      } finally {
        stack.pop()
      }
    },
    bind: (_context, target) => target,
    enable() {
      return this
    },
    disable() {
      stack.length = 1
      return this
    },
  }
}

afterEach(() => {
  context.disable()
  diag.disable()
})

describe('context API without an SDK', () => {
  test('the root context is active, also inside with()', () => {
    expect([context.active(), context.with(inner, () => context.active())]).toEqual([ROOT_CONTEXT, ROOT_CONTEXT])
  })

  test('with() passes this and arguments and returns the result', () => {
    const result = context.with(
      inner,
      function (this: { base: number }, a: number, b: number) {
        return this.base + a + b
      },
      { base: 1 },
      2,
      3,
    )
    expect(result).toBe(6)
  })

  test('with() lets an exception through', () => {
    expect(() =>
      context.with(inner, () => {
        throw new Error('mine')
      }),
    ).toThrow('mine')
  })

  test('bind() returns the function itself', () => {
    const target = () => {}
    expect(context.bind(inner, target)).toBe(target)
  })

  test('attach() returns a token that can be disposed, and warns nobody', () => {
    const warnings: string[] = []
    diag.setLogger({ error() {}, warn: (m) => warnings.push(m), info() {}, debug() {}, verbose() {} })
    const token = context.attach(inner)
    expect(context.active()).toBe(ROOT_CONTEXT)
    token.dispose()
    expect(warnings).toEqual([])
  })
})

describe('context API with a context manager', () => {
  test('asks the manager', () => {
    expect(context.setGlobalContextManager(stackManager())).toBe(true)
    expect(context.with(inner, () => context.active())).toBe(inner)
    expect(context.active()).toBe(ROOT_CONTEXT)
  })

  test('a second manager is refused and the first stays', () => {
    context.setGlobalContextManager(stackManager())
    expect(context.setGlobalContextManager(stackManager())).toBe(false)
    expect(context.with(inner, () => context.active())).toBe(inner)
  })

  test('attach() on a manager without it changes nothing and warns once', () => {
    const warnings: string[] = []
    diag.setLogger({ error() {}, warn: (m) => warnings.push(m), info() {}, debug() {}, verbose() {} })
    context.setGlobalContextManager(stackManager())
    context.attach(inner).dispose()
    context.attach(inner).dispose()
    expect(context.active()).toBe(ROOT_CONTEXT)
    expect(warnings).toEqual([
      'API_ATTACH_UNSUPPORTED: context.attach: the registered context manager has no attach(); managers for ' +
        '@opentelemetry/api >= 1.10 have it; the context is not active, use context.with or context.bind',
    ])
  })

  test('attach() passes to a manager that can', () => {
    const attached: unknown[] = []
    const token = { dispose() {} }
    context.setGlobalContextManager({
      ...stackManager(),
      attach: (value) => {
        attached.push(value)
        return token
      },
    })
    expect(context.attach(inner)).toBe(token)
    expect(attached).toEqual([inner])
  })

  test('disable() disables the manager and brings the root context back', () => {
    let disabled = 0
    context.setGlobalContextManager({
      ...stackManager(),
      active: () => inner,
      disable() {
        disabled++
        return this
      },
    })
    expect(context.active()).toBe(inner)
    context.disable()
    expect([disabled, context.active()]).toEqual([1, ROOT_CONTEXT])
  })
})
