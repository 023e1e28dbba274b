// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { sdkEvents } from '../events.ts'
import { sdkVersion } from '../version.ts'
import { defaultResource } from './default-resource.ts'
import { environmentResource } from './env-resource.ts'
import { emptyResource, resourceFromAttributes } from './resource.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('the default resource names an unknown service after the executable, and this SDK', () => {
  expect(defaultResource().attributes).toEqual({
    'service.name': expect.stringMatching(/^unknown_service:node/) as string,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'otel-ts',
    'telemetry.sdk.version': packageJson.version,
  })
  expect(sdkVersion).toBe(packageJson.version)
})

test('merging takes attributes of both, the later ones win, and changes neither', () => {
  const a = resourceFromAttributes({ a: 1, b: 1 })
  const b = resourceFromAttributes({ b: 2, c: 2 })
  expect(a.merge(b).attributes).toEqual({ a: 1, b: 2, c: 2 })
  expect([a.attributes, b.attributes]).toEqual([
    { a: 1, b: 1 },
    { b: 2, c: 2 },
  ])
  expect(a.merge(null)).toBe(a)
})

test('merges a resource of another SDK that has no raw attributes', () => {
  const foreign = { attributes: { x: 1 } } as never
  expect(emptyResource().merge(foreign).attributes).toEqual({ x: 1 })
})

test.each([
  [undefined, undefined, undefined],
  ['u', undefined, 'u'],
  [undefined, 'u', 'u'],
  ['u', 'u', 'u'],
  ['u', '', 'u'],
  ['u', 'v', undefined],
])('schema URLs %s and %s merge to %s', (mine, theirs, expected) => {
  vi.spyOn(sdkEvents, 'schemaConflict').mockImplementation(() => {})
  const make = (schemaUrl: string | undefined) =>
    resourceFromAttributes({}, schemaUrl === undefined ? {} : { schemaUrl })
  expect(make(mine).merge(make(theirs)).schemaUrl).toBe(expected)
})

test('promised attributes appear when they are known; one that rejects is left out with a warning', async () => {
  const threw = vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
  const resource = resourceFromAttributes({ a: 1, b: Promise.resolve(2), c: Promise.reject(new Error('no')) })
  expect([resource.attributes, resource.asyncAttributesPending]).toEqual([{ a: 1 }, true])
  const merged = emptyResource().merge(resource)
  await Promise.all([resource.waitForAsyncAttributes?.(), merged.waitForAsyncAttributes?.()])
  expect([resource.attributes, resource.asyncAttributesPending]).toEqual([{ a: 1, b: 2 }, false])
  expect(merged.attributes).toEqual({ a: 1, b: 2 })
  expect(threw).toHaveBeenCalled()
})

test('values that no attribute can have are left out', () => {
  vi.spyOn(sdkEvents, 'invalidAttribute').mockImplementation(() => {})
  const resource = resourceFromAttributes({ f: () => {}, u: undefined, '': 1, ok: [1] })
  expect(resource.attributes).toEqual({ ok: [1] })
})

test.each<[string, Record<string, string>, object]>([
  ['nothing', {}, {}],
  [
    'pairs, trimmed and decoded',
    { OTEL_RESOURCE_ATTRIBUTES: ' a = x%2Cy , b=%E2%82%AC,, c=' },
    { a: 'x,y', b: '€', c: '' },
  ],
  ['a service name', { OTEL_SERVICE_NAME: 'shop' }, { 'service.name': 'shop' }],
  [
    'a service name that wins over the list',
    { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,x=1' },
    { 'service.name': 'shop', x: '1' },
  ],
  ['values with an equals sign', { OTEL_RESOURCE_ATTRIBUTES: 'a=b=c' }, { a: 'b=c' }],
])('the environment gives %s', (_name, variables, expected) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  expect(environmentResource().attributes).toEqual(expected)
})

test.each(['a=1,no-equals', 'a=1,=2', 'a=1,b=%zz', 'a=1,b=%ff'])(
  'the whole list %j is ignored, with a warning',
  (text) => {
    const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', text)
    expect(environmentResource().attributes).toEqual({})
    expect(warn).toHaveBeenCalledOnce()
  },
)
