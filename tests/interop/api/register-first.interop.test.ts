// SPDX-License-Identifier: Apache-2.0
// An SDK registers through our package; users of npm's copies come afterwards.
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApi, formats, type Kit, npmApis, peerFolder, run } from './scenario.ts'

beforeAll(buildApi)

describe.skipIf(peerFolder === undefined).each(formats)('our SDK registered first, packages loaded as %s', (format) => {
  test.each(npmApis)('traces, metrics, context and propagation reach it from %s', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
        const { ROOT_CONTEXT } = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const sdk = createSdk(ROOT_CONTEXT)
        registerGlobals(sdk.parts)
        const api = await load(npm)
        const tracer = api.trace.getTracer('t', '1')
        tracer.startSpan('a').end()
        tracer.startActiveSpan('b', (span) => span.end())
        tracer.startActiveSpan('c', {}, (span) => span.end())
        tracer.startActiveSpan('d', {}, api.context.active(), (span) => span.end())
        const meter = api.metrics.getMeter('m')
        meter.createCounter('counter').add(1)
        meter.createObservableGauge('gauge').addCallback((observer) => observer.observe(2))
        const key = api.createContextKey('k')
        const seenInside = api.context.with(api.context.active().setValue(key, 3), () =>
          api.context.active().getValue(key),
        )
        const carrier: Record<string, string> = {}
        api.propagation.inject(api.context.active(), carrier)
        return { seen: sdk.seen, collected: sdk.collect(), seenInside, carrier }
      },
      name as 'api-1-9',
    )
    expect(result).toEqual({
      seen: [
        'getTracer t 1',
        'startSpan a',
        'end a',
        'startActiveSpan/2 b',
        'end b',
        'startActiveSpan/3 c',
        'end c',
        'startActiveSpan/4 d',
        'end d',
        'createCounter counter',
        'counter 1',
        'createObservableGauge gauge',
      ],
      collected: ['gauge 2'],
      seenInside: 3,
      carrier: { 'x-fake': '1' },
    })
  })

  test.each(['api-1-10', 'api-logs-0-223'] as const)('logs reach it from %s', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-logs-0-223') => {
        const { ROOT_CONTEXT } = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const sdk = createSdk(ROOT_CONTEXT)
        registerGlobals(sdk.parts)
        const logger = (await load(npm)).logs.getLogger('l')
        logger.emit({ body: 'hello' })
        return [logger.enabled(), sdk.seen]
      },
      name as 'api-logs-0-223',
    )
    expect(result).toEqual([true, ['emit hello']])
  })

  test.each(npmApis)('%s finds getDelegate on the provider and can flush through it', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
        const { ROOT_CONTEXT } = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const sdk = createSdk(ROOT_CONTEXT)
        const api = await load(npm)
        registerGlobals(sdk.parts, { apis: [api] })
        const provider = api.trace.getTracerProvider() as InstanceType<typeof api.ProxyTracerProvider>
        const delegate = provider.getDelegate() as typeof sdk.tracerProvider & { forceFlush(): Promise<void> }
        await delegate.forceFlush()
        await provider.forceFlush()
        return [provider instanceof api.ProxyTracerProvider, delegate === sdk.tracerProvider, sdk.seen]
      },
      name as 'api-1-9',
    )
    expect(result).toEqual([true, true, ['forceFlush', 'forceFlush']])
  })

  test.each(npmApis)('%s cannot take a part that is ours, and its complaint reaches our logger', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
        const { ROOT_CONTEXT, diag, metrics } = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const sdk = createSdk(ROOT_CONTEXT)
        registerGlobals(sdk.parts)
        const errors: string[] = []
        diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
        const api = await load(npm)
        const accepted = api.metrics.setGlobalMeterProvider(createSdk(ROOT_CONTEXT).meterProvider)
        metrics.getMeter('m').createCounter('counter').add(1)
        return [accepted, errors.length, errors[0]?.split('\n')[0], sdk.seen]
      },
      name as 'api-1-9',
    )
    expect(result).toEqual([
      false,
      1,
      'Error: @opentelemetry/api: Attempted duplicate registration of API: metrics',
      ['createCounter counter', 'counter 1'],
    ])
  })

  test('after unregister() every copy is silent, and an SDK can register through any of them', async () => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit) => {
        const { ROOT_CONTEXT, trace } = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const apis = [
          await load('api-1-4'),
          await load('api-1-9'),
          await load('api-1-10'),
          await load('api-logs-0-223'),
        ]
        const sdk = createSdk(ROOT_CONTEXT)
        registerGlobals(sdk.parts, { apis }).unregister()
        for (const api of [
          trace,
          (await load('api-1-4')).trace,
          (await load('api-1-9')).trace,
          (await load('api-1-10')).trace,
        ]) {
          api.getTracer('t').startSpan('lost').end()
        }
        ;(await load('api-logs-0-223')).logs.getLogger('l').emit({ body: 'lost' })
        const others: boolean[] = []
        for (const name of ['api-1-4', 'api-1-9', 'api-1-10'] as const) {
          const api = await load(name)
          others.push(api.trace.setGlobalTracerProvider(createSdk(ROOT_CONTEXT).tracerProvider))
          api.trace.disable()
          delete (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')]
        }
        return [sdk.seen, others]
      },
      null,
    )
    expect(result).toEqual([[], [true, true, true]])
  })
})
