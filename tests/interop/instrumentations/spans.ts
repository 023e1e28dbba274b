// SPDX-License-Identifier: Apache-2.0
// Spans with everything that both SDKs know, and a plain view of them.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createTraceState, ROOT_CONTEXT, type Tracer, trace } from '@otel-ts/api'
import type { ReadableSpan, SpanExporter, SpanProcessor, TracerProviderOptions } from '@otel-ts/sdk'
import { peerFolder } from './application.ts'

interface TheirProvider {
  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** What tests use of `@opentelemetry/sdk-trace-base`, typed by our interfaces: their shapes are what is tested. */
interface TheirSdk {
  readonly BasicTracerProvider: new (options: {
    spanProcessors: SpanProcessor[]
    resource?: unknown
    spanLimits?: TracerProviderOptions['spanLimits']
  }) => TheirProvider
  readonly BatchSpanProcessor: new (exporter: SpanExporter, options?: object) => SpanProcessor
  readonly SimpleSpanProcessor: new (exporter: SpanExporter) => SpanProcessor
  readonly ConsoleSpanExporter: new () => SpanExporter
  readonly InMemorySpanExporter: new () => SpanExporter & { getFinishedSpans(): ReadableSpan[] }
}

/** A package of the peer. */
export function load<T>(name: string): T {
  return createRequire(join(peerFolder as string, 'package.json'))(name) as T
}

export const theirSdk = (): TheirSdk => load<TheirSdk>('@opentelemetry/sdk-trace-base')

/** Makes `count` spans, none like the other, with fixed times. */
export function makeSpans(tracer: Tracer, count: number): void {
  for (let i = 0; i < count; i++) makeSpan(tracer, i)
}

function makeSpan(tracer: Tracer, i: number): void {
  const parent = {
    traceId: `0af7651916cd43dd8448eb211c8${String(i).padStart(5, '0')}`,
    spanId: `b7ad6b71692${String(i).padStart(5, '0')}`,
    traceFlags: 1,
    isRemote: i % 2 === 0,
    traceState: createTraceState(`vendor=${i},other=value`),
  }
  const context = i % 3 === 2 ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
  const span = tracer.startSpan(
    `work ${i} \u00fc\u2713\u{1f600}`,
    {
      kind: (i % 5) as 0,
      startTime: [1_700_000_000 + i, 123_456_789],
      attributes: {
        text: `value ${i}`,
        long: 'x'.repeat(i % 300),
        integer: i * 1_000_003,
        negative: -i,
        'not.integer': i + 0.5,
        huge: Number.MAX_SAFE_INTEGER,
        yes: i % 2 === 0,
        texts: ['a', '', `${i}`],
        numbers: [1, -2, 300],
        flags: [true, false],
        unicode: 'gr\u00fc\u00dfe \u{1f600}',
      },
      links: [{ context: { ...parent, traceFlags: i % 2 }, attributes: { reason: 'retry', attempt: i } }],
    },
    context,
  )
  span.setAttribute('text', `changed ${i}`)
  span.setAttributes({ later: true, count: i })
  span.addEvent('first', { step: i, ok: false }, [1_700_000_000 + i, 200_000_000])
  span.addEvent('second', [1_700_000_000 + i, 300_000_000])
  if (i % 4 === 0) span.setStatus({ code: 2, message: `failed ${i}` })
  if (i % 4 === 1) span.setStatus({ code: 1 })
  if (i % 7 === 0) span.updateName(`renamed ${i}`)
  span.end([1_700_000_001 + i, 987_654_321])
}

/** All that an exporter may read of a span, as plain data. */
export function plain(span: ReadableSpan): unknown {
  const contextOf = (context: ReturnType<ReadableSpan['spanContext']> | undefined) =>
    context && {
      traceId: context.traceId,
      spanId: context.spanId,
      flags: context.traceFlags,
      isRemote: context.isRemote === true,
      traceState: context.traceState?.serialize(),
    }
  return {
    context: contextOf(span.spanContext()),
    parent: contextOf(span.parentSpanContext),
    name: span.name,
    kind: span.kind,
    times: [span.startTime, span.endTime, span.duration],
    status: { ...span.status },
    attributes: { ...span.attributes },
    events: span.events.map(({ name, time, attributes, droppedAttributesCount }) => ({
      name,
      time,
      attributes: { ...attributes },
      dropped: droppedAttributesCount ?? 0,
    })),
    links: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      context: contextOf(context),
      attributes: { ...attributes },
      dropped: droppedAttributesCount ?? 0,
    })),
    ended: span.ended,
    resource: span.resource.attributes,
    scope: [span.instrumentationScope.name, span.instrumentationScope.version, span.instrumentationScope.schemaUrl],
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
  }
}
