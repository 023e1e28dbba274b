// SPDX-License-Identifier: Apache-2.0
// Our types and npm's are assignable to each other, so are two copies of ours, and code written for npm's package
// compiles when only its import path changes. The compiler reads what is published.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApi, peerFolder } from './scenario.ts'

beforeAll(buildApi)

const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
const execute = promisify(execFile)

/** What the compiler says of `files`, by name, in a folder that sees npm's copies and our package. */
async function compile(
  name: string,
  files: Record<string, string>,
  options: Record<string, unknown> = {},
): Promise<string> {
  const folder = join(peerFolder as string, `types-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    types: [],
    skipLibCheck: false,
    ...options,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }))
  try {
    await execute(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { timeout: 60_000 })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Interfaces that objects of one copy fulfil for users of another. */
const objects =
  'Span Tracer TracerProvider Context ContextManager TextMapPropagator TextMapGetter TextMapSetter Baggage BaggageEntry ' +
  'BaggageEntryMetadata TraceState SpanContext SpanStatus Exception HrTime TimeInput Meter MeterProvider Counter ' +
  'UpDownCounter Histogram Observable ObservableCounter ObservableUpDownCounter ObservableGauge ObservableResult ' +
  'BatchObservableResult ObservableCallback BatchObservableCallback DiagLogger DiagLogLevel SpanKind SpanStatusCode ' +
  'ValueType SamplingDecision TracerOptions MeterOptions'
const since9 = 'Gauge'
const since10 = 'Logger LoggerProvider LoggerOptions LogRecord SeverityNumber ContextManagementToken'
/** What holds attributes: before API 1.10 their values were a few kinds only, so ours go to 1.10 and later. */
const withAttributes =
  'Attributes SpanAttributes MetricAttributes Link SpanOptions SamplingResult Sampler MetricOptions'

/** Objects of API 1.4 lack addLink(s), which came with 1.9, and createGauge: with npm's own newer types it is the same. */
const incompleteIn4 = ['Span', 'Tracer', 'TracerProvider', 'Meter', 'MeterProvider']

const namesOf = {
  'api-1-4': `${objects}`,
  'api-1-9': `${objects} ${since9}`,
  'api-1-10': `${objects} ${since9} ${since10}`,
}

function assignments(from: string, to: string, names: string): string {
  const lines = names.split(' ').map((name) => `export type ${name} = Assignable<from.${name}, to.${name}>`)
  return [
    `import type * as from from '${from}'`,
    `import type * as to from '${to}'`,
    'type Assignable<From extends To, To> = From',
    ...lines,
    '',
  ].join('\n')
}

describe.skipIf(peerFolder === undefined)('types', () => {
  const versions = Object.keys(namesOf) as (keyof typeof namesOf)[]

  test.each(
    versions.flatMap(
      (version) =>
        [
          [version, {}],
          [version, { exactOptionalPropertyTypes: true }],
        ] as const,
    ),
  )('of ours and of %s are assignable to each other, with %j', async (version, options) => {
    const names = namesOf[version]
    const toThem = version === 'api-1-10' ? `${names} ${withAttributes}` : names
    const isOld = version === 'api-1-4'
    const toUs = `${names} ${withAttributes}`.split(' ').filter((name) => !isOld || !incompleteIn4.includes(name))
    const files: Record<string, string> = {}
    for (const extension of ['mts', 'cts']) {
      files[`from-theirs.${extension}`] = assignments(version, '@otel-ts/api', toUs.join(' '))
      files[`from-ours.${extension}`] = assignments('@otel-ts/api', version, toThem)
    }
    expect(await compile(`${version}-${'exactOptionalPropertyTypes' in options}`, files, options)).toBe('')
  })

  // Not ProxyTracer and ProxyTracerProvider: classes with private state are nominal, copies meet through the interfaces.
  test('of two copies of ours, the ES module and the CommonJS one, are assignable to each other', async () => {
    const names = `${namesOf['api-1-10']} ${withAttributes} TraceAPI MetricsAPI DiagAPI`
    const both = `import type * as esm from '@otel-ts/api' with { 'resolution-mode': 'import' }
import type * as cjs from '@otel-ts/api' with { 'resolution-mode': 'require' }
type Assignable<From extends To, To> = From
`
    const lines = names
      .split(' ')
      .map(
        (name) =>
          `export type ${name}1 = Assignable<esm.${name}, cjs.${name}>\nexport type ${name}2 = Assignable<cjs.${name}, esm.${name}>\n`,
      )
    expect(await compile('copies', { 'copies.mts': both + lines.join('') })).toBe('')
  })

  test('of npm modules fit what registration takes', async () => {
    const text = `import * as api4 from 'api-1-4'
import * as api9 from 'api-1-9'
import * as api10 from 'api-1-10'
import * as apiLogs from 'api-logs-0-223'
import { registerGlobals } from '@otel-ts/api/registration'
declare const provider: api9.TracerProvider
declare const meters: api10.MeterProvider
declare const loggers: api10.LoggerProvider
registerGlobals({ trace: provider, metrics: meters, logs: loggers }, { apis: [api4, api9, api10, apiLogs] })
`
    expect(await compile('registration', { 'a.mts': text, 'b.cts': text })).toBe('')
  })

  test.each(['api-1-10', '@otel-ts/api'])('let code written for npm compile against %s', async (name) => {
    expect(await compile(`usage-${name.replace(/\W/g, '')}`, { 'a.mts': usage(name), 'b.cts': usage(name) })).toBe('')
  })

  test('fail where they should: the checks above can fail', async () => {
    const output = await compile('failing', {
      'a.mts': assignments('@otel-ts/api', 'api-1-9', 'SpanOptions') + assignments('api-1-4', '@otel-ts/api', 'Logger'),
    })
    expect(output).toMatch(/a\.mts\(4,\d+\): error TS2344/)
  })
})

/** What applications, instrumentations and vendors do with npm's API. */
function usage(from: string): string {
  return `import {
  type Attributes, type Context, type ContextManager, type Exception, type Link, type LogRecord, type Span,
  type SpanContext, type SpanOptions, type TextMapGetter, type TextMapPropagator, type TextMapSetter, type TimeInput,
  type Tracer, type TracerProvider,
  DiagConsoleLogger, DiagLogLevel, INVALID_SPAN_CONTEXT, ProxyTracerProvider, ROOT_CONTEXT, SamplingDecision,
  SeverityNumber, SpanKind, SpanStatusCode, TraceFlags, ValueType, baggageEntryMetadataFromString, context,
  createContextKey, createNoopLogger, createNoopMeter, createTraceState, defaultTextMapGetter, defaultTextMapSetter,
  diag, isSpanContextValid, logs, metrics, propagation, trace,
} from '${from}'

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.INFO)
diag.setLogger(new DiagConsoleLogger(), { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
const kindName: string | undefined = SpanKind[SpanKind.SERVER]
const statusName: string | undefined = SpanStatusCode[SpanStatusCode.ERROR]
const tracer: Tracer = trace.getTracer('t', '1')
const options: SpanOptions = { kind: SpanKind.CLIENT, attributes: { a: [1, null], b: { c: true } }, root: true }
export const value: Promise<number> = tracer.startActiveSpan('a', options, ROOT_CONTEXT, async (span: Span) => {
  try {
    span.setAttribute('k', 1).setAttributes({ a: undefined }).addEvent('e', { b: 2 }, Date.now()).addEvent('f', new Date())
    span.addLink({ context: span.spanContext() }).addLinks([]).updateName('n')
    return 1
  } catch (error) {
    span.recordException(error as Error, [1, 2])
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
    throw error
  } finally {
    span.end()
  }
})
function isSampled(spanContext: SpanContext): boolean {
  return isSpanContextValid(spanContext) && (spanContext.traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED
}
const key = createContextKey('k')
export class Propagator implements TextMapPropagator {
  inject(ctx: Context, carrier: unknown, setter: TextMapSetter): void {
    setter.set(carrier, 'a', String(ctx.getValue(key)))
  }
  extract(ctx: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = getter.get(carrier, 'a')
    return Array.isArray(header) ? ctx.setValue(key, header[0]) : ctx
  }
  fields(): string[] {
    return ['a']
  }
}
export class Manager implements ContextManager {
  active(): Context {
    return ROOT_CONTEXT
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    ctx: Context, fn: F, thisArg?: ThisParameterType<F>, ...args: A
  ): ReturnType<F> {
    return fn.call(thisArg as ThisParameterType<F>, ...args)
  }
  bind<T>(ctx: Context, target: T): T {
    return target
  }
  enable(): this {
    return this
  }
  disable(): this {
    return this
  }
}
export class WrappedTracer implements Tracer {
  constructor(private readonly inner: Tracer) {}
  startSpan(name: string, spanOptions?: SpanOptions, ctx?: Context): Span {
    return this.inner.startSpan(name, spanOptions, ctx)
  }
  startActiveSpan(...args: unknown[]): never {
    return (this.inner.startActiveSpan as (...rest: unknown[]) => never)(...args)
  }
}
export class WrappedSpan implements Span {
  constructor(private readonly inner: Span) {}
  spanContext(): SpanContext { return this.inner.spanContext() }
  setAttribute(name: string, attribute: unknown): this { this.inner.setAttribute(name, attribute); return this }
  setAttributes(attributes: Attributes): this { this.inner.setAttributes(attributes); return this }
  addEvent(name: string, a?: Attributes | TimeInput, b?: TimeInput): this { this.inner.addEvent(name, a, b); return this }
  addLink(link: Link): this { this.inner.addLink(link); return this }
  addLinks(links: Link[]): this { this.inner.addLinks(links); return this }
  setStatus(status: { code: SpanStatusCode; message?: string }): this { this.inner.setStatus(status); return this }
  updateName(name: string): this { this.inner.updateName(name); return this }
  end(time?: TimeInput): void { this.inner.end(time) }
  isRecording(): boolean { return this.inner.isRecording() }
  recordException(exception: Exception, time?: TimeInput): void { this.inner.recordException(exception, time) }
}
const getter: TextMapGetter = { keys: (carrier) => Object.keys(carrier), get: (carrier, name) => carrier[name] }
propagation.extract(ROOT_CONTEXT, { a: '1' }, getter)
propagation.inject(context.active(), {}, defaultTextMapSetter)
propagation.createBaggage({ a: { value: '1', metadata: baggageEntryMetadataFromString('m') } })
const provider: TracerProvider = trace.getTracerProvider()
if (provider instanceof ProxyTracerProvider) provider.getDelegate()
const meter = metrics.getMeter('m', '1', { schemaUrl: 'u' })
const counter = meter.createCounter<{ a: string }>('c', { valueType: ValueType.INT, advice: { explicitBucketBoundaries: [1] } })
counter.add(1, { a: 'b' }, context.active())
meter.createGauge('g').record(1)
const gauge = meter.createObservableGauge('o')
gauge.addCallback(async (result) => result.observe(1, { a: 1 }))
meter.addBatchObservableCallback((result) => result.observe(gauge, 1), [gauge])
const record: LogRecord = { body: { a: 1 }, severityNumber: SeverityNumber.INFO, attributes: { a: null }, exception: new Error() }
logs.getLogger('l', '1', { attributes: {} }).emit(record)
createNoopLogger().emit(record)
context.with(trace.setSpan(context.active(), trace.wrapSpanContext(INVALID_SPAN_CONTEXT)), (a: number) => a, undefined, 1)
export { createNoopMeter, createTraceState, defaultTextMapGetter, isSampled, kindName, SamplingDecision, statusName }
`
}
