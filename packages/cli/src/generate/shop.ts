// SPDX-License-Identifier: Apache-2.0
import type {
  KeyValue,
  LogRecord,
  Metric,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  Span,
} from '@otel-ts/otlp'
import { placeholderHex, placeholderItem, placeholderKind, placeholderTime } from './placeholder.ts'

// The telemetry of a small shop: the shape of a trace is one front end calling two services, one of which asks a database.
// Ten attributes a server span, as the semantic conventions give an HTTP server.
const services = ['frontend', 'checkout', 'inventory'] as const
const shape = [
  { service: 0, parent: -1, name: 'GET /', kind: 2 },
  { service: 0, parent: 0, name: 'POST', kind: 3 },
  { service: 1, parent: 1, name: 'POST /checkout', kind: 2 },
  { service: 1, parent: 2, name: 'validate cart', kind: 1 },
  { service: 1, parent: 2, name: 'GET', kind: 3 },
  { service: 2, parent: 4, name: 'GET /stock/:id', kind: 2 },
  { service: 2, parent: 5, name: 'SELECT stock', kind: 3 },
  { service: 1, parent: 2, name: 'INSERT orders', kind: 3 },
  { service: 0, parent: 0, name: 'render', kind: 1 },
  { service: 0, parent: 8, name: 'template', kind: 1 },
] as const

function resource(service: string): Resource {
  return {
    attributes: [
      { key: 'service.name', value: service },
      { key: 'service.namespace', value: 'shop' },
      { key: 'service.instance.id', value: `${service}-1` },
      { key: 'telemetry.sdk.language', value: 'generator' },
    ],
    droppedAttributesCount: 0,
    entityRefs: [],
  }
}

const scope = { name: 'otel-ts/generate', version: '1', attributes: [], droppedAttributesCount: 0 }

function attributesOf(kind: number, name: string, number: number): KeyValue[] {
  if (kind === 1) return [{ key: 'code.function.name', value: name }]
  if (name.startsWith('SELECT') || name.startsWith('INSERT')) {
    return [
      { key: 'db.system.name', value: 'postgresql' },
      { key: 'db.namespace', value: 'shop' },
      {
        key: 'db.query.text',
        value: name.startsWith('SELECT')
          ? 'SELECT count FROM stock WHERE id = $1'
          : 'INSERT INTO orders VALUES ($1, $2, $3)',
      },
      { key: 'server.address', value: '10.0.0.7' },
      { key: 'server.port', value: 5432n },
    ]
  }
  return [
    { key: 'http.request.method', value: name.split(' ')[0]! },
    { key: 'url.path', value: name.split(' ')[1] ?? '/' },
    { key: 'url.scheme', value: 'http' },
    { key: 'http.response.status_code', value: number % 50 === 7 ? 500n : 200n },
    { key: 'server.address', value: 'shop.example' },
    { key: 'server.port', value: 8080n },
    { key: 'network.protocol.version', value: '1.1' },
    { key: 'user_agent.original', value: 'Mozilla/5.0 (X11; Linux x86_64)' },
    { key: 'client.address', value: '192.0.2.17' },
    { key: 'shop.customer.id', value: BigInt(number % 1000) },
  ]
}

/** With it each item has its running number. A double, because that has the same width for all numbers. */
function itemAttribute(number: number, unique: boolean): KeyValue[] {
  return unique ? [{ key: 'generate.item', value: placeholderItem(number) }] : []
}

/** Spans of one request, with placeholders for ids and times; a trace is ten spans. */
export function templateSpans(spanCount: number, unique: boolean): ResourceSpans[] {
  const byService: Span[][] = services.map(() => [])
  for (let number = 0; number < spanCount; number++) {
    const place = number % shape.length
    const trace = (number - place) / shape.length
    const { service, parent, name, kind } = shape[place]!
    const isError = kind !== 1 && number % 50 === 7
    byService[service]!.push({
      traceId: placeholderHex(placeholderKind.traceHigh, trace) + placeholderHex(placeholderKind.traceLow, trace),
      spanId: placeholderHex(placeholderKind.span, number),
      traceState: '',
      parentSpanId: parent < 0 ? '' : placeholderHex(placeholderKind.span, number - place + parent),
      flags: 0x301,
      name,
      kind,
      startTimeUnixNano: placeholderTime(place * 2),
      endTimeUnixNano: placeholderTime(60 - place),
      attributes: [...attributesOf(kind, name, number), ...itemAttribute(number, unique)],
      droppedAttributesCount: 0,
      events: isError
        ? [
            {
              timeUnixNano: placeholderTime(30),
              name: 'exception',
              attributes: [{ key: 'exception.type', value: 'OutOfStock' }],
              droppedAttributesCount: 0,
            },
          ]
        : [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      status: isError ? { code: 2, message: 'out of stock' } : undefined,
    })
  }
  return byService
    .map((spans, index) => ({
      resource: resource(services[index]!),
      scopeSpans: [{ scope, spans, schemaUrl: '' }],
      schemaUrl: '',
    }))
    .filter((group) => group.scopeSpans[0]!.spans.length > 0)
}

/** Log records of one request; every tenth is a warning, every fiftieth an error. */
export function templateLogs(recordCount: number, unique: boolean): ResourceLogs[] {
  const logRecords: LogRecord[] = []
  for (let number = 0; number < recordCount; number++) {
    const severity = number % 50 === 7 ? 17 : number % 10 === 3 ? 13 : 9
    logRecords.push({
      timeUnixNano: placeholderTime(0),
      observedTimeUnixNano: placeholderTime(0),
      severityNumber: severity,
      severityText: severity === 17 ? 'ERROR' : severity === 13 ? 'WARN' : 'INFO',
      body: severity === 17 ? 'order refused: out of stock' : `order ${number} placed for customer ${number % 1000}`,
      attributes: [
        { key: 'shop.customer.id', value: BigInt(number % 1000) },
        { key: 'shop.order.total', value: number * 1.25 },
        ...itemAttribute(number, unique),
      ],
      droppedAttributesCount: 0,
      flags: 1,
      traceId: placeholderHex(placeholderKind.traceHigh, 0) + placeholderHex(placeholderKind.traceLow, 0),
      spanId: placeholderHex(placeholderKind.span, number),
      eventName: '',
    })
  }
  return [{ resource: resource('checkout'), scopeLogs: [{ scope, logRecords, schemaUrl: '' }], schemaUrl: '' }]
}

/** Data points of one request, half of them a counter's, half a histogram's. */
export function templateMetrics(pointCount: number, unique: boolean): ResourceMetrics[] {
  const half = Math.ceil(pointCount / 2)
  const attributes = (number: number): KeyValue[] => [
    { key: 'http.request.method', value: number % 2 === 0 ? 'GET' : 'POST' },
    { key: 'http.route', value: `/route/${number}` },
    { key: 'http.response.status_code', value: 200n },
  ]
  const counter: Metric = {
    name: 'shop.orders',
    description: 'Orders placed',
    unit: '{order}',
    metadata: [],
    data: {
      type: 'sum',
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: Array.from({ length: half }, (_, number) => ({
        attributes: [...attributes(number), ...itemAttribute(number, unique)],
        startTimeUnixNano: placeholderTime(0),
        timeUnixNano: placeholderTime(60),
        value: BigInt(number * 10),
        exemplars: [],
        flags: 0,
      })),
    },
  }
  const histogram: Metric = {
    name: 'http.server.request.duration',
    description: 'Duration of HTTP server requests',
    unit: 's',
    metadata: [],
    data: {
      type: 'histogram',
      aggregationTemporality: 2,
      dataPoints: Array.from({ length: pointCount - half }, (_, number) => ({
        attributes: [...attributes(number), ...itemAttribute(half + number, unique)],
        startTimeUnixNano: placeholderTime(0),
        timeUnixNano: placeholderTime(60),
        count: 10n,
        sum: 1.5,
        bucketCounts: [1n, 2n, 3n, 4n, 0n],
        explicitBounds: [0.05, 0.1, 0.25, 0.5],
        exemplars: [],
        flags: 0,
        min: 0.01,
        max: 0.49,
      })),
    },
  }
  const metrics = pointCount - half > 0 ? [counter, histogram] : [counter]
  return [{ resource: resource('checkout'), scopeMetrics: [{ scope, metrics, schemaUrl: '' }], schemaUrl: '' }]
}
