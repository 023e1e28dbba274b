// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'

/** context/README.md */
export function contextConformance({ api, sdk }: Implementation, test: DefineTest): void {
  describe('context', () => {
    afterEach(() => void api.context.disable())

    test('keys of different names, and symbols of the caller, are different keys', () => {
      const keys = [api.createContextKey('a'), api.createContextKey('b'), Symbol('a')]
      let context = api.ROOT_CONTEXT
      keys.forEach((key, index) => {
        context = context.setValue(key, index)
      })
      expect(keys.map((key) => context.getValue(key))).toEqual([0, 1, 2])
    })

    test('gives the value of a key, and undefined for a key that is not set', () => {
      const key = api.createContextKey('a')
      expect([api.ROOT_CONTEXT.setValue(key, 'v').getValue(key), api.ROOT_CONTEXT.getValue(key)]).toEqual([
        'v',
        undefined,
      ])
    })

    test('is immutable: setting and deleting give new contexts', () => {
      const key = api.createContextKey('a')
      const one = api.ROOT_CONTEXT.setValue(key, 1)
      const two = one.setValue(key, 2)
      const none = two.deleteValue(key)
      expect([api.ROOT_CONTEXT, one, two, none].map((context) => context.getValue(key))).toEqual([
        undefined,
        1,
        2,
        undefined,
      ])
    })

    test('is attached until its token is given back, and then the one before is current again', () => {
      api.context.setGlobalContextManager(new sdk.AsyncLocalStorageContextManager().enable())
      const key = api.createContextKey('a')
      const outer = api.ROOT_CONTEXT.setValue(key, 'outer')
      const inner = api.ROOT_CONTEXT.setValue(key, 'inner')
      const outerToken = api.context.attach(outer)
      const innerToken = api.context.attach(inner)
      expect(api.context.active()).toBe(inner)
      innerToken.dispose()
      expect(api.context.active()).toBe(outer)
      outerToken.dispose()
      expect(api.context.active().getValue(key)).toBe(undefined)
    })

    test('is current inside with() and everything asynchronous that starts there, and nowhere else', async () => {
      api.context.setGlobalContextManager(new sdk.AsyncLocalStorageContextManager().enable())
      const key = api.createContextKey('a')
      const seen: unknown[] = []
      const note = () => void seen.push(api.context.active().getValue(key))
      await api.context.with(api.ROOT_CONTEXT.setValue(key, 1), async () => {
        note()
        await Promise.resolve()
        note()
        await new Promise<void>((resolve) =>
          setImmediate(() => {
            note()
            resolve()
          }),
        )
      })
      note()
      expect(seen).toEqual([1, 1, 1, undefined])
    })
  })
}
