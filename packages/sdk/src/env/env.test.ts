// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { resolveSpanLimits } from '../trace/limits.ts'
import { readBoolean, readEnum, readList, readNumber, readString } from './read.ts'
import { environmentGeneralLimits, environmentSampler, environmentSpanLimits } from './trace-settings.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test.each([
  ['2048', 2048, 0],
  [' 7 ', 7, 0],
  ['', undefined, 0],
  ['   ', undefined, 0],
  ['0', undefined, 1], // the queue needs room for one
  ['1', 1, 0],
  ['-1', undefined, 1],
  ['1.5', undefined, 1],
  ['1e3', undefined, 1],
  ['0x10', undefined, 1],
  ['9007199254740993', undefined, 1],
  ['lots', undefined, 1],
])('OTEL_BSP_MAX_QUEUE_SIZE=%j is %s', (text, expected, warnings) => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', text)
  expect(readNumber('OTEL_BSP_MAX_QUEUE_SIZE')).toBe(expected)
  expect(warn).toHaveBeenCalledTimes(warnings)
})

test.each([
  ['true', true, 0],
  ['TRUE', true, 0],
  ['false', false, 0],
  ['', undefined, 0],
  ['1', false, 1],
  ['yes', false, 1],
])('OTEL_SDK_DISABLED=%j is %s', (text, expected, warnings) => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_SDK_DISABLED', text)
  expect(readBoolean('OTEL_SDK_DISABLED')).toBe(expected)
  expect(warn).toHaveBeenCalledTimes(warnings)
})

test('words are taken in any case, unknown ones are reported and ignored', () => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'Always_Off')
  expect(readEnum('OTEL_TRACES_SAMPLER')).toBe('always_off')
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'sometimes')
  expect(readEnum('OTEL_TRACES_SAMPLER')).toBeUndefined()
  expect(warn).toHaveBeenCalledOnce()
})

test('an unset variable is undefined', () => {
  vi.stubEnv('OTEL_SERVICE_NAME', undefined)
  expect(readString('OTEL_SERVICE_NAME')).toBeUndefined()
})

const parentBased = (root: string) =>
  `ParentBased{root=${root}, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOffSampler}`

test.each([
  ['', '', parentBased('AlwaysOnSampler'), 0],
  ['always_on', '', 'AlwaysOnSampler', 0],
  ['always_off', '', 'AlwaysOffSampler', 0],
  ['traceidratio', '0.25', 'TraceIdRatioBased{0.25}', 0],
  ['traceidratio', '', 'TraceIdRatioBased{1}', 0],
  ['traceidratio', '1.5', 'TraceIdRatioBased{1}', 1],
  ['traceidratio', 'half', 'TraceIdRatioBased{1}', 1],
  ['parentbased_always_off', '', parentBased('AlwaysOffSampler'), 0],
  ['parentbased_traceidratio', '0', parentBased('TraceIdRatioBased{0}'), 0],
  ['unheard', '', parentBased('AlwaysOnSampler'), 1],
])('OTEL_TRACES_SAMPLER=%s with argument %j', (name, argument, expected, warnings) => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_TRACES_SAMPLER', name)
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', argument)
  expect(environmentSampler().toString()).toBe(expected)
  expect(warn).toHaveBeenCalledTimes(warnings)
})

const remote = (endpoint: string, rate: string) =>
  `JaegerRemoteSampler{endpoint=${endpoint}, serviceName=shop, sampler=TraceIdRatioBased{${rate}}}`

test.each([
  ['jaeger_remote', '', remote('http://localhost:5778', '0.001'), []],
  ['parentbased_jaeger_remote', '', parentBased(remote('http://localhost:5778', '0.001')), []],
  [
    'jaeger_remote',
    'endpoint=http://127.0.0.1:1/jaeger, pollingIntervalMs=5000 ,initialSamplingRate=0.25',
    remote('http://127.0.0.1:1/jaeger', '0.25'),
    [],
  ],
  ['jaeger_remote', 'initialSamplingRate=0', remote('http://localhost:5778', '0'), []],
  ['jaeger_remote', 'initialSamplingRate=1.1', remote('http://localhost:5778', '0.001'), ['initialSamplingRate']],
  ['jaeger_remote', 'initialSamplingRate=', remote('http://localhost:5778', '0.001'), ['initialSamplingRate']],
  ['jaeger_remote', 'endpoint=localhost:5778', remote('http://localhost:5778', '0.001'), ['endpoint']],
  [
    'jaeger_remote',
    'pollingIntervalMs=0,pollingIntervalMs=1e3',
    remote('http://localhost:5778', '0.001'),
    ['pollingIntervalMs', 'pollingIntervalMs'],
  ],
  ['jaeger_remote', '0.5', remote('http://localhost:5778', '0.001'), ['0.5']],
  ['jaeger_remote', 'constructor=1,', remote('http://localhost:5778', '0.001'), ['constructor']],
])('OTEL_TRACES_SAMPLER=%s with argument %j asks an endpoint', async (name, argument, expected, reported) => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_TRACES_SAMPLER', name)
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', argument)
  let shutdown = async (): Promise<void> => {}
  const sampler = environmentSampler('shop', (stop) => {
    shutdown = stop
  })
  await shutdown()
  expect(sampler.toString()).toBe(expected)
  expect(warn.mock.calls.map(([setting]) => setting)).toEqual(reported.map((key) => `OTEL_TRACES_SAMPLER_ARG ${key}`))
})

test('limits of spans win over general ones, which win over the defaults', () => {
  vi.stubEnv('OTEL_ATTRIBUTE_COUNT_LIMIT', '5')
  vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '10')
  vi.stubEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '6')
  vi.stubEnv('OTEL_SPAN_EVENT_COUNT_LIMIT', '7')
  vi.stubEnv('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', '8')
  expect(resolveSpanLimits(environmentSpanLimits(), environmentGeneralLimits())).toEqual({
    attributeCountLimit: 6,
    attributeValueLengthLimit: 10,
    attributeValueDepthLimit: 64,
    eventCountLimit: 7,
    linkCountLimit: 128,
    attributePerEventCountLimit: 128,
    attributePerLinkCountLimit: 8,
  })
})

test.each([Number.NaN, -1, 'x', null])('a limit of %s counts as not given', (value) => {
  expect(resolveSpanLimits({ attributeCountLimit: value as never }).attributeCountLimit).toBe(128)
})

test.each([',', 'zipkin', 'jaeger,zipkin'])('a list of which nothing is known (%j) counts as not set', (text) => {
  vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_TRACES_EXPORTER', text)
  expect(readList('OTEL_TRACES_EXPORTER')).toBeUndefined()
})
