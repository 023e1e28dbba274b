// SPDX-License-Identifier: Apache-2.0
// The OpenTelemetry global is there already, of another version or with others' parts in it.
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApi, formats, type Kit, npmApis, peerFolder, run } from './scenario.ts'

beforeAll(buildApi)

describe.skipIf(peerFolder === undefined).each(formats)('mixed globals, packages loaded as %s', (format) => {
  test.each(npmApis)(
    'loading, reading and setting a logger in ours keeps no SDK of %s from registering',
    async (name) => {
      const result = await run(
        format,
        async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
          const ours = await load('@otel-ts/api')
          ours.diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })
          ours.trace.getTracer('t').startSpan('s').end()
          ours.metrics.getMeter('m').createCounter('c').add(1)
          ours.logs.getLogger('l').emit({})
          ours.context.active()
          const wasUntouched = !(Symbol.for('opentelemetry.js.api.1') in globalThis)
          const api = await load(npm)
          const sdk = createSdk(api.ROOT_CONTEXT)
          return [
            wasUntouched,
            api.trace.setGlobalTracerProvider(sdk.tracerProvider),
            api.metrics.setGlobalMeterProvider(sdk.meterProvider),
            api.diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }),
          ]
        },
        name as 'api-1-9',
      )
      expect(result).toEqual([true, true, true, true])
    },
  )

  test.each(['api-1-4', 'api-1-9'] as const)(
    'a context manager registered through %s stays, and every copy sees it beside our SDK',
    async (name) => {
      const result = await run(
        format,
        async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
          const api = await load(npm)
          const newest = await load('api-1-10')
          const theirs = createSdk(api.ROOT_CONTEXT.setValue(Symbol.for('whose'), 'theirs'))
          api.context.setGlobalContextManager(theirs.contextManager)
          // Makes 1.10 remember that this object is of no use to it.
          const before = newest.context.active().getValue(Symbol.for('whose')) ?? 'nobody'
          const ours = await load('@otel-ts/api')
          const { registerGlobals } = await load('@otel-ts/api/registration')
          const sdk = createSdk(ours.ROOT_CONTEXT)
          const { version, registered, refused } = registerGlobals(sdk.parts)
          newest.trace.getTracer('t').startSpan('a')
          api.trace.getTracer('t').startSpan('b')
          const whose = [api, newest, ours].map((copy) => copy.context.active().getValue(Symbol.for('whose')))
          return { before, version, registered, refused: refused.map(({ slot }) => slot), whose, seen: sdk.seen }
        },
        name as 'api-1-9',
      )
      expect(result).toEqual({
        before: 'nobody',
        version: '1.10.0',
        registered: ['trace', 'metrics', 'logs', 'propagation'],
        refused: ['context'],
        whose: ['theirs', 'theirs', 'theirs'],
        seen: ['getTracer t', 'startSpan a', 'getTracer t', 'startSpan b'],
      })
    },
  )

  test.each(['1.4.0', '1.10.0', '1.10.7', '1.99.0'])(
    'into a hand-written global of version %s our SDK registers, and every copy reads it',
    async (version) => {
      const result = await run(
        format,
        async ({ load, createSdk }: Kit, handWritten: string) => {
          const key = Symbol.for('opentelemetry.js.api.1')
          const host = globalThis as unknown as Record<symbol, { version: string; vendor?: string }>
          host[key] = { version: handWritten, vendor: 'kept' }
          const { ROOT_CONTEXT } = await load('@otel-ts/api')
          const { registerGlobals } = await load('@otel-ts/api/registration')
          const sdk = createSdk(ROOT_CONTEXT)
          registerGlobals(sdk.parts)
          for (const name of ['api-1-4', 'api-1-9', 'api-1-10', '@otel-ts/api'] as const) {
            ;(await load(name)).trace.getTracer('t').startSpan(name)
          }
          return [host[key].version, host[key].vendor, sdk.seen.filter((line) => line.startsWith('startSpan'))]
        },
        version,
      )
      expect(result).toEqual([
        version === '1.4.0' ? '1.10.0' : version,
        'kept',
        ['startSpan api-1-4', 'startSpan api-1-9', 'startSpan api-1-10', 'startSpan @otel-ts/api'],
      ])
    },
  )

  test('a tracer provider registered through npm stays, ours is refused loudly, the rest is registered', async () => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit) => {
        const api = await load('api-1-9')
        const theirs = createSdk(api.ROOT_CONTEXT)
        api.trace.setGlobalTracerProvider(theirs.tracerProvider)
        const ours = await load('@otel-ts/api')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        const lines: string[] = []
        const fallbackDiagLogger = {
          error: (message: string) => lines.push(message),
          warn() {},
          info() {},
          debug() {},
          verbose() {},
        }
        const { refused } = registerGlobals(createSdk(ours.ROOT_CONTEXT).parts, { fallbackDiagLogger, apis: [api] })
        ours.trace.getTracer('t').startSpan('a')
        api.trace.getTracer('t').startSpan('b')
        return [refused.length, lines, theirs.seen.filter((line) => line.startsWith('startSpan'))]
      },
      null,
    )
    expect(result).toEqual([
      1,
      [
        'API_SLOT_TAKEN: trace: something is registered already (a ProxyTracerProvider, global version 1.9.1); one is ' +
          'allowed in a process; the new one is not used. Register it first, or call trace.disable() before',
      ],
      ['startSpan a', 'startSpan b'],
    ])
  })

  test.each(npmApis)('spans, baggage and suppression pass between contexts of ours and of %s', async (name) => {
    const result = await run(
      format,
      async ({ load }: Kit, npm: 'api-1-9') => {
        const ours = await load('@otel-ts/api')
        const api = await load(npm)
        const suppress = 'OpenTelemetry SDK Context Key SUPPRESS_TRACING'
        const results: unknown[] = []
        for (const [from, to] of [
          [ours, api],
          [api, ours],
        ] as const) {
          const span = from.trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
          const metadata = from.baggageEntryMetadataFromString('m')
          let context = from.trace.setSpan(from.ROOT_CONTEXT, span)
          context = from.propagation.setBaggage(
            context,
            from.propagation.createBaggage({ a: { value: '1', metadata } }),
          )
          context = context.setValue(from.createContextKey(suppress), true)
          const entry = to.propagation.getBaggage(context)?.getEntry('a')
          results.push([
            to.trace.getSpan(context) === span,
            to.trace.getSpanContext(context)?.spanId,
            entry?.value,
            entry?.metadata?.toString(),
            context.getValue(to.createContextKey(suppress)),
            to.trace.getSpan(to.trace.deleteSpan(context)) ?? 'none',
          ])
        }
        return results
      },
      name as 'api-1-9',
    )
    const expected = [true, '2222222222222222', '1', 'm', true, 'none']
    expect(result).toEqual([expected, expected])
  })
})
