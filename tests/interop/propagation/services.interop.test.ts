// SPDX-License-Identifier: Apache-2.0
// A service of ours calls one of OpenTelemetry Python's or Go's, which calls one of ours: one trace in every format of
// headers, and the baggage with it where the format has any.
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  type BaggageEntry,
  type Context,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapPropagator,
  trace,
} from '@otel-ts/api'
import { JaegerPropagator } from '@otel-ts/propagator-jaeger'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  B3InjectEncoding,
  B3Propagator,
  CompositePropagator,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@otel-ts/sdk'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goPeerOrSkip } from '../otlp/go-collector.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'

const python = pythonPeerOrSkip('python-propagators')
const script = fileURLToPath(new URL('../../../peers/python-propagators/service.py', import.meta.url))
const go = goPeerOrSkip('go-propagators')

// What starts a service for a format; undefined when the peer cannot be had.
const peers: [language: string, start: ((format: string) => RunningCommand) | undefined][] = [
  ['Python', python === undefined ? undefined : (format) => startCommand(python, [script, format])],
  ['Go', go === undefined ? undefined : (format) => startCommand(go, [format])],
]
const cases = peers.flatMap(([language, start]) =>
  formats().map((format): Case => [language, format.name, start, format]),
)

interface DescribedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
  readonly traceState: string
}

interface PeerAnswer {
  readonly parent: DescribedSpan
  readonly served: DescribedSpan
  readonly call: DescribedSpan
  readonly baggage: Readonly<Record<string, string>>
  readonly next: OurAnswer
}

interface OurAnswer {
  readonly parent: DescribedSpan | undefined
  readonly served: DescribedSpan
  readonly isRecording: boolean
  readonly baggage: Readonly<Record<string, string>>
}

interface Format {
  readonly name: string
  readonly make: () => TextMapPropagator
  readonly hasTraceState?: boolean
}

type Case = [language: string, name: string, start: ((format: string) => RunningCommand) | undefined, format: Format]

function formats(): Format[] {
  const w3c = () =>
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] })
  return [
    { name: 'tracecontext', make: w3c, hasTraceState: true },
    { name: 'b3', make: () => new B3Propagator() },
    { name: 'b3multi', make: () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }) },
    { name: 'jaeger', make: () => new JaegerPropagator() },
  ]
}

const tenant = 'acme;,ü💼%'

/** The baggage that a language carries in a format, if any. */
function baggageOf(language: string, format: string): Record<string, string> | undefined {
  // Go's Jaeger propagator has no baggage.
  if (format === 'jaeger') return language === 'Go' ? undefined : { user: 'Ada + L', tenant }
  // Python writes a space of W3C baggage as "+", which only Python reads as a space again: the format has no such rule.
  return format === 'tracecontext' ? { user: language === 'Python' ? 'Ada+L' : 'Ada + L', tenant } : undefined
}

describe.each(cases)('%s, %s', (language, name, start, { make, hasTraceState = false }) => {
  if (start === undefined) {
    test.skip('needs its peer', () => {})
    return
  }
  const propagator = make()
  const exporter = new InMemorySpanExporter()
  const providerOf = (root: AlwaysOnSampler | AlwaysOffSampler) =>
    new TracerProvider({
      sampler: new ParentBasedSampler({ root }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    })
  const serving = providerOf(new AlwaysOnSampler()).getTracer('ours')
  let service: RunningCommand | undefined
  let server: Server | undefined
  let peerUrl = ''

  beforeAll(async () => {
    server = createServer((request, response) => {
      const context = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter)
      const span = serving.startSpan('serve', { kind: SpanKind.SERVER }, context)
      response.end(JSON.stringify(answer(context, trace.setSpan(context, span))))
      span.end()
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    service = start(name)
    const [, port] = await service.waitFor(/listening on (\d+)/)
    peerUrl = `http://127.0.0.1:${port}/?next=http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })

  afterAll(async () => {
    await service?.stop()
    server?.close()
  })

  function describeSpan(context: Context): DescribedSpan | undefined {
    const found = trace.getSpanContext(context)
    if (found === undefined) return undefined
    const { traceId, spanId, traceFlags, traceState } = found
    return { traceId, spanId, isSampled: (traceFlags & 1) !== 0, traceState: traceState?.serialize() ?? '' }
  }

  function answer(parent: Context, served: Context): OurAnswer {
    const entries = propagation.getBaggage(parent)?.getAllEntries() ?? []
    return {
      parent: describeSpan(parent),
      served: describeSpan(served)!,
      isRecording: trace.getSpan(served)?.isRecording() === true,
      baggage: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    }
  }

  async function callPeer(root: AlwaysOnSampler | AlwaysOffSampler) {
    const upstream = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: root instanceof AlwaysOnSampler ? 1 : 0,
      traceState: createTraceState('vendor=1,other@system=a b'),
    })
    const entries = Object.entries(baggageOf(language, name) ?? {}).map(([key, value]) => [key, { value }])
    const baggage = propagation.createBaggage(Object.fromEntries(entries) as Record<string, BaggageEntry>)
    const span = providerOf(root).getTracer('ours').startSpan('call', { kind: SpanKind.CLIENT }, upstream)
    const context = propagation.setBaggage(trace.setSpan(upstream, span), baggage)
    const headers: Record<string, string> = {}
    propagator.inject(context, headers, defaultTextMapSetter)
    const text = await new Promise<string>((resolve, reject) => {
      get(peerUrl, { headers }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve(body))
      }).on('error', reject)
    })
    span.end()
    return { call: describeSpan(context)!, answered: JSON.parse(text) as PeerAnswer }
  }

  test('both continue the trace of the other, each under the span that called', async () => {
    exporter.reset()
    const { call, answered } = await callPeer(new AlwaysOnSampler())
    const traceState = hasTraceState ? 'vendor=1,other@system=a b' : ''
    expect(answered.parent).toEqual({ ...call, traceState })
    expect(answered.next.parent).toEqual({ ...answered.call, traceState })
    const chain = [call, answered.served, answered.call, answered.next.served]
    expect(new Set(chain.map(({ traceId }) => traceId))).toEqual(new Set(['0af7651916cd43dd8448eb211c80319c']))
    expect(new Set(chain.map(({ spanId }) => spanId)).size).toBe(4)
    expect(chain.map(({ isSampled }) => isSampled)).toEqual([true, true, true, true])
    const [served] = exporter.getFinishedSpans()
    expect(served?.parentSpanContext).toMatchObject({ spanId: answered.call.spanId, isRemote: true })
    expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['serve', 'call'])
  })

  test('what one does not sample the other does not either', async () => {
    exporter.reset()
    const { call, answered } = await callPeer(new AlwaysOffSampler())
    const chain = [call, answered.parent, answered.served, answered.call, answered.next.served]
    expect(chain.map(({ isSampled }) => isSampled)).toEqual([false, false, false, false, false])
    expect(new Set(chain.map(({ traceId }) => traceId)).size).toBe(1)
    expect([answered.next.isRecording, exporter.getFinishedSpans()]).toEqual([false, []])
  })

  const expected = baggageOf(language, name)
  if (expected === undefined) return
  test('baggage arrives at both as it was set', async () => {
    const { answered } = await callPeer(new AlwaysOnSampler())
    expect([answered.baggage, answered.next.baggage]).toEqual([expected, expected])
  })
})
