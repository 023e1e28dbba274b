// SPDX-License-Identifier: Apache-2.0
import { context, diag, propagation, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { hasDiagLogger } from '@otel-ts/api/registration'
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { InMemorySpanExporter } from '../trace/in-memory-span-exporter.ts'
import { NodeSDK } from './node-sdk.ts'
import { NodeTracerProvider } from './node-tracer-provider.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const inject = () => {
  const carrier: Record<string, string> = {}
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  propagation.inject(trace.setSpanContext(ROOT_CONTEXT, span), carrier)
  return Object.keys(carrier)
}

test('start makes tracer, context and propagators work through the API; shutdown takes them back', async () => {
  const traceExporter = new InMemorySpanExporter()
  const early = trace.getTracer('early')
  const sdk = new NodeSDK({ serviceName: 'shop', traceExporter })
  sdk.start()
  sdk.start()
  early.startActiveSpan('outer', (outer) => {
    expect(trace.getSpan(context.active())).toBe(outer)
    trace.getTracer('late').startSpan('inner').end()
    outer.end()
  })
  expect(inject()).toEqual(['traceparent'])
  await sdk.forceFlush()
  const [inner, outer] = traceExporter.getFinishedSpans()
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId)
  expect(outer?.resource.attributes['service.name']).toBe('shop')
  await Promise.all([sdk.shutdown(), sdk.shutdown()])
  expect(trace.getTracer('x').startSpan('x').isRecording()).toBe(false)
  expect(inject()).toEqual([])
})

test('the environment alone sends spans by OTLP', async () => {
  const server = await captureOtlp()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', server.url)
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
  vi.stubEnv('OTEL_SERVICE_NAME', 'from-env')
  const sdk = new NodeSDK()
  sdk.start()
  trace.getTracer('x').startSpan('sent').end()
  await sdk.shutdown()
  const [request] = server.requests
  expect(request?.path).toBe('/v1/traces')
  expect(Buffer.from(request?.body ?? []).toString()).toContain('"stringValue":"from-env"')
  await server.close()
})

test('OTEL_SDK_DISABLED leaves no tracer but propagators and context', async () => {
  vi.stubEnv('OTEL_SDK_DISABLED', 'true')
  const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter() })
  sdk.start()
  expect(trace.getTracer('x').startSpan('x').isRecording()).toBe(false)
  expect(inject()).toEqual(['traceparent'])
  const key = Symbol('k')
  expect(context.with(ROOT_CONTEXT.setValue(key, 1), () => context.active().getValue(key))).toBe(1)
  await sdk.shutdown()
})

test('OTEL_TRACES_EXPORTER=none registers no tracer provider', async () => {
  vi.stubEnv('OTEL_TRACES_EXPORTER', 'none')
  const sdk = new NodeSDK()
  sdk.start()
  expect(trace.getTracer('x').startSpan('x').isRecording()).toBe(false)
  await sdk.shutdown()
})

test('instrumentations get the provider, are enabled, and are disabled at shutdown', async () => {
  const calls: string[] = []
  const instrumentation = {
    setTracerProvider: () => calls.push('provider'),
    enable: () => calls.push('enable'),
    disable: () => calls.push('disable'),
  }
  const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter(), instrumentations: [[instrumentation]] as never })
  sdk.start()
  await sdk.shutdown()
  expect(calls).toEqual(['provider', 'enable', 'disable'])
})

test('registration brings a logger on stderr that shows all from info up, unless one is set', () => {
  const stderr = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(hasDiagLogger()).toBe(false)
  const registration = new NodeTracerProvider({ spanProcessors: [] }).register()
  diag.warn('degraded')
  diag.info('told by default')
  diag.debug('chatter')
  expect(stderr.mock.calls).toEqual([['otel-ts warn: degraded'], ['otel-ts info: told by default']])
  const warn = vi.fn()
  diag.setLogger({ error() {}, warn, info() {}, debug() {}, verbose() {} })
  diag.warn('theirs')
  expect(warn).toHaveBeenCalledWith('theirs')
  expect(stderr).toHaveBeenCalledTimes(2)
  diag.disable()
  registration.unregister()
})

test('a second registration is refused part by part, and the first keeps working', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const first = new NodeTracerProvider({ spanProcessors: [] })
  const registration = first.register()
  const second = new NodeTracerProvider({ spanProcessors: [] }).register()
  expect(second.refused.map(({ slot }) => slot)).toEqual(['trace', 'context', 'propagation'])
  expect(inject()).toEqual(['traceparent'])
  second.unregister()
  expect(inject()).toEqual(['traceparent'])
  registration.unregister()
})

test('with null no context manager and no propagator is registered', () => {
  const registration = new NodeTracerProvider({ spanProcessors: [] }).register({
    contextManager: null,
    propagator: null,
  })
  expect(registration.registered).toEqual(['trace'])
  registration.unregister()
})

test('a setting that cannot be used is said though it is read before the log is there', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line))
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'tar')
  const sdk = new NodeSDK()
  sdk.start()
  await sdk.shutdown()
  expect(lines).toEqual([
    'otel-ts warn: OTEL_EXPORTER_OTLP_COMPRESSION="tar": allowed is gzip, none; it is ignored, none is used',
  ])
})
