// SPDX-License-Identifier: Apache-2.0
import { ROOT_CONTEXT, type SpanContext, trace } from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import type { InstrumentationScope } from './readable-span.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import type { TracerConfigurator } from './tracer-configurator.ts'
import { TracerProvider } from './tracer-provider.ts'

const remote: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
}
const underRemote = trace.setSpanContext(ROOT_CONTEXT, remote)

function setUp(tracerConfigurator?: TracerConfigurator) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(tracerConfigurator === undefined ? {} : { tracerConfigurator }),
  })
  return { provider, names: () => exporter.getFinishedSpans().map((span) => span.name) }
}

const all: TracerConfigurator = () => ({ enabled: true })
const none: TracerConfigurator = () => ({ enabled: false })

afterEach(() => vi.restoreAllMocks())

describe('a tracer that is not enabled', () => {
  test('records nothing, says so, and carries the context of its parent on', () => {
    const { provider, names } = setUp(none)
    const tracer = provider.getTracer('a')
    expect(tracer.enabled?.()).toBe(false)
    const span = tracer.startSpan('x', {}, underRemote)
    span.end()
    expect([span.isRecording(), span.spanContext(), names()]).toEqual([false, remote, []])
    expect(tracer.startActiveSpan('x', {}, underRemote, (active) => active.spanContext())).toEqual(remote)
  })

  test('gives the very span of the context when that does not record either, as a process without SDK does', () => {
    const { provider } = setUp(none)
    const dropped = trace.wrapSpanContext(remote)
    const span = provider.getTracer('a').startSpan('x', {}, trace.setSpan(ROOT_CONTEXT, dropped))
    expect(span.spanContext()).toBe(dropped.spanContext())
  })

  test('gives a span without a valid context where a root is wanted', () => {
    const { provider } = setUp(none)
    const span = provider.getTracer('a').startSpan('x', { root: true }, underRemote)
    expect(trace.isSpanContextValid(span.spanContext())).toBe(false)
  })
})

test('the configurator gets the whole scope, once for each tracer', () => {
  const scopes: InstrumentationScope[] = []
  const { provider } = setUp((scope) => void scopes.push(scope))
  const ask = () => provider.getTracer('lib', '1.2', { schemaUrl: 'https://example.com/1', attributes: { part: 'db' } })
  ask()
  ask()
  expect(scopes).toEqual([
    { name: 'lib', version: '1.2', schemaUrl: 'https://example.com/1', attributes: { part: 'db' } },
  ])
})

test.each([
  ['undefined', () => undefined],
  ['no "enabled"', () => ({})],
  ['"enabled" undefined', () => ({ enabled: undefined }) as never],
  ['nonsense', () => 'off' as never],
])('a configurator that answers %s leaves the default: enabled', (_name, configurator) => {
  expect(setUp(configurator).provider.getTracer('a').enabled?.()).toBe(true)
})

test('a configurator that throws leaves the default, with a message', () => {
  const threw = vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
  const { provider } = setUp(() => {
    throw new Error('mine')
  })
  expect(provider.getTracer('a').enabled?.()).toBe(true)
  expect(threw).toHaveBeenCalledExactlyOnceWith('the tracer configurator', expect.objectContaining({ message: 'mine' }))
})

test('another configurator holds at once for tracers that were handed out, and for later ones', () => {
  const { provider, names } = setUp(all)
  const [noisy, calm] = [provider.getTracer('noisy'), provider.getTracer('calm')]
  provider.setTracerConfigurator((scope) => ({ enabled: !scope.name.startsWith('noisy') }))
  expect([noisy, calm, provider.getTracer('noisy.2')].map((tracer) => tracer.enabled?.())).toEqual([false, true, false])
  noisy.startSpan('lost').end()
  calm.startSpan('kept').end()
  provider.setTracerConfigurator(undefined)
  noisy.startSpan('back').end()
  expect(names()).toEqual(['kept', 'back'])
})

test('a span that runs when its tracer is switched off ends as usual', () => {
  const { provider, names } = setUp()
  const span = provider.getTracer('a').startSpan('running')
  provider.setTracerConfigurator(none)
  span.end()
  expect(names()).toEqual(['running'])
})

test('no configurator wakes a provider that is shut down', async () => {
  const { provider } = setUp(none)
  const tracer = provider.getTracer('a')
  await provider.shutdown()
  provider.setTracerConfigurator(all)
  expect([tracer.enabled?.(), provider.getTracer('b').enabled?.()]).toEqual([false, false])
})
