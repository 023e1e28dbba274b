// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { startTracing } from '../tracing.ts'

/** resource/sdk.md */
export function resourceConformance(implementation: Implementation, test: DefineTest): void {
  const { sdk } = implementation
  const { resourceFromAttributes: make } = sdk

  describe('resource', () => {
    test('is made of attributes, which are read back from it and from spans', () => {
      const resource = make({ 'service.name': 'shop', 'service.replicas': 3 })
      expect(resource.attributes).toEqual({ 'service.name': 'shop', 'service.replicas': 3 })
      const span = startTracing(implementation, { resource }).exported()
      expect(span.resource.attributes).toMatchObject({ 'service.name': 'shop', 'service.replicas': 3 })
    })

    test('can be empty', () => {
      expect(sdk.emptyResource().attributes).toEqual({})
    })

    test('merges with the updating one winning, also with an empty value, and leaves both as they were', () => {
      const old = make({ a: 'old', b: 'old' })
      const updating = make({ b: '', c: 'new' })
      expect(old.merge(updating).attributes).toEqual({ a: 'old', b: '', c: 'new' })
      expect([old.attributes, updating.attributes]).toEqual([
        { a: 'old', b: 'old' },
        { b: '', c: 'new' },
      ])
    })

    test('keeps the schema URL that only one of the merged has, or both', () => {
      const plain = make({ a: 1 })
      const one = make({ b: 1 }, { schemaUrl: 'https://opentelemetry.io/schemas/1.44.0' })
      const same = make({ c: 1 }, { schemaUrl: 'https://opentelemetry.io/schemas/1.44.0' })
      expect([plain.merge(one), one.merge(plain), one.merge(same)].map((merged) => merged.schemaUrl)).toEqual([
        'https://opentelemetry.io/schemas/1.44.0',
        'https://opentelemetry.io/schemas/1.44.0',
        'https://opentelemetry.io/schemas/1.44.0',
      ])
      expect(plain.merge(make({})).schemaUrl ?? '').toBe('')
    })

    test('names an unknown service by default, and the SDK', () => {
      const { attributes } = sdk.defaultResource()
      expect(attributes['service.name']).toMatch(/^unknown_service(?::.+)?$/)
      expect(attributes['telemetry.sdk.language']).toBe('nodejs')
      expect(attributes['telemetry.sdk.name']).toMatch(/./)
      expect(attributes['telemetry.sdk.version']).toMatch(/^\d+\.\d+\.\d+/)
    })
  })
}
