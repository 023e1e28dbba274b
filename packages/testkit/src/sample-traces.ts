// SPDX-License-Identifier: Apache-2.0
import type {
  InstrumentationScope,
  KeyValue,
  LogRecord,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  Span,
  SpanEvent,
} from '@otel-ts/otlp'

/** What {@link sampleTelemetry} makes. */
export interface SampleOptions {
  /** Same seed, same telemetry. Default 1. */
  seed?: number
  /** Traces of the shop. Default 100. */
  traceCount?: number
  /** Start of the newest trace; the others go back from it. Default 2026-01-01T00:00:00Z. */
  lastStartUnixNano?: bigint
  /** Mean time between two traces. Default 750 ms. */
  gapNano?: bigint
}

/** One application's telemetry, ordered as an exporter would send it: children before their parents. */
export interface SampleTelemetry {
  traces: ResourceSpans[]
  logs: ResourceLogs[]
  metrics: ResourceMetrics[]
  spanCount: number
  traceIds: string[]
}

const schemaUrl = 'https://opentelemetry.io/schemas/1.37.0'
const serviceNames = ['web', 'checkout', 'catalog', 'payment', 'inventory', 'mailer'] as const
type ServiceName = (typeof serviceNames)[number]

const routes = [
  { method: 'GET', route: '/', weight: 30 },
  { method: 'GET', route: '/products/:id', weight: 40 },
  { method: 'POST', route: '/cart', weight: 15 },
  { method: 'POST', route: '/checkout', weight: 12 },
  { method: 'GET', route: '/health', weight: 3 },
]

/**
 * Makes the telemetry of a small shop: six services, slow and failing requests among them, events, links, logs that
 * belong to spans, and a few metrics. Deterministic by seed.
 *
 * @example
 * ```ts
 * import { sampleTelemetry } from '@otel-ts/testkit'
 * const sample = sampleTelemetry({ seed: 7, traceCount: 3 })
 * console.log(sample.traceIds.length, sample.traces[0]?.scopeSpans[0]?.spans.length !== 0) // 3 true
 * ```
 */
export function sampleTelemetry(options: SampleOptions = {}): SampleTelemetry {
  const shop = new Shop(options.seed ?? 1)
  const count = options.traceCount ?? 100
  const gap = options.gapNano ?? 750_000_000n
  const last = options.lastStartUnixNano ?? 1_767_225_600_000_000_000n
  for (let i = 0; i < count; i++) {
    const jitter = BigInt(Math.floor(shop.random() * Number(gap)))
    shop.request(last - gap * BigInt(count - 1 - i) - jitter)
  }
  return shop.take()
}

/** One trace of `spanCount` spans: a nightly import with nested batches, queries and some failures. */
export function largeSampleTrace(options: SampleOptions & { spanCount: number }): SampleTelemetry {
  const shop = new Shop(options.seed ?? 1)
  shop.nightlyImport(options.lastStartUnixNano ?? 1_767_225_600_000_000_000n, options.spanCount)
  return shop.take()
}

class Shop {
  #state: number
  readonly #spans = new Map<ServiceName, Span[]>()
  readonly #logs = new Map<ServiceName, LogRecord[]>()
  readonly #traceIds: string[] = []
  readonly #requestCounts = new Map<string, bigint>()
  #spanCount = 0
  #lastCheckout: { traceId: string; spanId: string } | undefined
  #newest = 0n

  constructor(seed: number) {
    this.#state = (seed * 2654435761) >>> 0
  }

  /** Mulberry32: small, good enough for samples, the same everywhere. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  request(start: bigint): void {
    const traceId = this.#id(32)
    this.#traceIds.push(traceId)
    const { method, route } = this.#pickRoute()
    const path = route.replace(':id', String(1000 + Math.floor(this.random() * 400)))
    const count = this.#requestCounts.get(route) ?? 0n
    this.#requestCounts.set(route, count + 1n)
    const root = this.#span(traceId, '', 'web', `${method} ${route}`, 2, start)
    root.attributes.push(
      text('http.request.method', method),
      text('http.route', route),
      text('url.path', path),
      text('url.scheme', 'https'),
      text('server.address', 'shop.example'),
      int('server.port', 443),
      text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'),
      text('user.id', String(Math.floor(this.random() * 50))),
    )
    let end = start + this.#millis(2, 10)
    let status = 200
    if (route === '/products/:id') end = this.#catalog(traceId, root, end)
    else if (route === '/cart') end = this.#inventory(traceId, root, end)
    else if (route === '/checkout') {
      const result = this.#checkout(traceId, root, end)
      end = result.end
      status = result.status
    } else if (route === '/') end = this.#fanOut(traceId, root, end)
    if (route === '/products/:id' && this.random() < 0.04) status = 404
    root.attributes.push(int('http.response.status_code', status))
    root.endTimeUnixNano = end + this.#millis(1, 4)
    if (status >= 500) {
      root.status = { code: 2, message: '' }
      root.attributes.push(text('error.type', String(status)))
    }
    this.#log('web', root, root.endTimeUnixNano, status >= 500 ? 17 : 9, `${method} ${path} ${status}`)
    this.#keep('web', root)
  }

  nightlyImport(start: bigint, spanCount: number): void {
    const traceId = this.#id(32)
    this.#traceIds.push(traceId)
    const root = this.#span(traceId, '', 'catalog', 'nightly import', 1, start)
    root.attributes.push(text('job.id', 'import-catalog'), { key: 'job.dry_run', value: false })
    let end = start + this.#millis(1, 3)
    let left = spanCount - 1
    for (let batch = 0; left > 0; batch++) {
      const inBatch = Math.min(left, 100)
      left -= inBatch
      const parent = this.#span(traceId, root.spanId, 'catalog', 'import batch', 1, end)
      parent.attributes.push(int('batch.index', batch), int('batch.size', inBatch - 1))
      let at = end + this.#millis(0.1, 0.5)
      for (let i = 1; i < inBatch; i++) {
        const isUpsert = i % 3 !== 0
        const service: ServiceName = isUpsert ? 'catalog' : 'inventory'
        const child = this.#span(traceId, parent.spanId, service, isUpsert ? 'UPSERT products' : 'reserve stock', 3, at)
        child.attributes.push(text('db.system.name', 'postgresql'), text('product.sku', `SKU-${batch}-${i}`))
        const finish = at + this.#millis(0.2, 3)
        child.endTimeUnixNano = finish
        if (this.random() < 0.01) this.#fail(child, 'duplicate key value violates unique constraint', 'UniqueViolation')
        // Some overlap, as a pool of workers makes it.
        at += (finish - at) / (this.random() < 0.5 ? 1n : 3n)
        this.#keep(service, child)
      }
      parent.endTimeUnixNano = at + this.#millis(3, 5)
      end = parent.endTimeUnixNano
      this.#keep('catalog', parent)
    }
    root.endTimeUnixNano = end + this.#millis(1, 2)
    this.#keep('catalog', root)
  }

  take(): SampleTelemetry {
    const traces: ResourceSpans[] = []
    const logs: ResourceLogs[] = []
    for (const name of serviceNames) {
      const spans = this.#spans.get(name)
      if (spans !== undefined) {
        traces.push({ resource: resource(name), scopeSpans: [{ scope: scope(name), spans, schemaUrl: '' }], schemaUrl })
      }
      const logRecords = this.#logs.get(name)
      if (logRecords !== undefined) {
        const scopeLogs = [{ scope: scope(name), logRecords, schemaUrl: '' }]
        logs.push({ resource: resource(name), scopeLogs, schemaUrl })
      }
    }
    return { traces, logs, metrics: this.#metrics(), spanCount: this.#spanCount, traceIds: this.#traceIds }
  }

  #metrics(): ResourceMetrics[] {
    const dataPoints = [...this.#requestCounts].map(([route, value]) => ({
      attributes: [text('http.route', route)],
      startTimeUnixNano: this.#newest - 60_000_000_000n,
      timeUnixNano: this.#newest,
      value,
      exemplars: [],
      flags: 0,
    }))
    const metric = { name: 'shop.requests', description: 'Requests by route', unit: '{request}', metadata: [] }
    const data = { type: 'sum' as const, dataPoints, aggregationTemporality: 2, isMonotonic: true }
    const scopeMetrics = [{ scope: scope('web'), metrics: [{ ...metric, data }], schemaUrl: '' }]
    return dataPoints.length === 0 ? [] : [{ resource: resource('web'), scopeMetrics, schemaUrl }]
  }

  #fanOut(traceId: string, parent: Span, start: bigint): bigint {
    let end = start
    for (let i = 0; i < 3; i++) {
      const finish = this.#catalog(traceId, parent, start + this.#millis(0, 1))
      if (finish > end) end = finish
    }
    return end
  }

  #catalog(traceId: string, parent: Span, start: bigint): bigint {
    const [client, server] = this.#call(traceId, parent, 'web', 'catalog', 'GET /api/products/:id', start)
    let at = server.startTimeUnixNano + this.#millis(0.2, 1)
    const isHit = this.random() < 0.7
    const cache = this.#span(traceId, server.spanId, 'catalog', 'GET product', 3, at)
    cache.attributes.push(text('db.system.name', 'redis'), { key: 'cache.hit', value: isHit })
    at = cache.endTimeUnixNano = at + this.#millis(0.2, 1.5)
    this.#keep('catalog', cache)
    if (!isHit) at = this.#query(traceId, server, 'catalog', 'SELECT products', at, this.random() < 0.05)
    return this.#finishCall(client, server, 'catalog', at, 200)
  }

  #inventory(traceId: string, parent: Span, start: bigint): bigint {
    const [client, server] = this.#call(traceId, parent, 'web', 'inventory', 'POST /api/reserve', start)
    const at = this.#query(traceId, server, 'inventory', 'UPDATE stock', server.startTimeUnixNano, this.random() < 0.1)
    const status = this.random() < 0.06 ? 409 : 200
    if (status === 409) this.#log('inventory', server, at, 13, 'out of stock', [int('product.stock', 0)])
    return this.#finishCall(client, server, 'inventory', at, status)
  }

  #checkout(traceId: string, parent: Span, start: bigint): { end: bigint; status: number } {
    const [client, server] = this.#call(traceId, parent, 'web', 'checkout', 'POST /api/orders', start)
    server.attributes.push(
      { key: 'order.total', value: Math.round(this.random() * 50_000) / 100 },
      { key: 'order.items', value: { list: ['SKU-1', 'SKU-2'] } },
      { key: 'order.express', value: this.random() < 0.3 },
    )
    const previous = this.#lastCheckout
    if (previous !== undefined && this.random() < 0.5) {
      const attributes = [text('link.reason', 'retry of')]
      server.links.push({ ...previous, traceState: '', attributes, droppedAttributesCount: 0, flags: 1 })
    }
    this.#lastCheckout = { traceId, spanId: server.spanId }
    let at = this.#query(traceId, server, 'checkout', 'INSERT orders', server.startTimeUnixNano, false)
    const [payClient, payServer] = this.#call(traceId, server, 'checkout', 'payment', 'POST /charge', at)
    const isSlow = this.random() < 0.15
    const isDeclined = this.random() < 0.2
    at = payServer.startTimeUnixNano + (isSlow ? this.#millis(900, 2500) : this.#millis(20, 90))
    if (isDeclined) {
      this.#fail(payServer, 'card declined by issuer', 'PaymentDeclined')
      this.#log('payment', payServer, at, 17, 'charge failed: card declined by issuer', [text('card.brand', 'visa')])
    }
    at = this.#finishCall(payClient, payServer, 'payment', at, isDeclined ? 502 : 200)
    if (isDeclined) this.#fail(server, 'payment failed', 'CheckoutError')
    else this.#publish(traceId, server, at)
    const status = isDeclined ? 500 : 201
    const end = this.#finishCall(client, server, 'checkout', at + this.#millis(1, 3), status)
    return { end, status }
  }

  /** The mailer works after the request is done, so its spans reach past the root's end. */
  #publish(traceId: string, parent: Span, start: bigint): void {
    const producer = this.#span(traceId, parent.spanId, 'checkout', 'send orders.confirmed', 4, start)
    producer.attributes.push(text('messaging.system', 'kafka'), text('messaging.destination.name', 'orders.confirmed'))
    producer.endTimeUnixNano = start + this.#millis(0.5, 2)
    this.#keep('checkout', producer)
    const consumer = this.#span(
      traceId,
      producer.spanId,
      'mailer',
      'process orders.confirmed',
      5,
      start + this.#millis(5, 60),
    )
    consumer.attributes.push(text('messaging.system', 'kafka'), int('messaging.kafka.offset', this.#spanCount))
    consumer.endTimeUnixNano = consumer.startTimeUnixNano + this.#millis(10, 40)
    this.#log('mailer', consumer, consumer.endTimeUnixNano, 9, 'confirmation sent')
    this.#keep('mailer', consumer)
  }

  #call(traceId: string, parent: Span, from: ServiceName, to: ServiceName, name: string, start: bigint): [Span, Span] {
    const [method = 'GET', route = '/'] = name.split(' ')
    const client = this.#span(traceId, parent.spanId, from, method, 3, start)
    client.attributes.push(text('http.request.method', method), text('server.address', to), int('server.port', 8080))
    const server = this.#span(traceId, client.spanId, to, name, 2, start + this.#millis(0.3, 1.2))
    server.attributes.push(text('http.request.method', method), text('http.route', route))
    this.#pendingFrom.set(client, from)
    return [client, server]
  }
  readonly #pendingFrom = new Map<Span, ServiceName>()

  #finishCall(client: Span, server: Span, to: ServiceName, at: bigint, status: number): bigint {
    server.attributes.push(int('http.response.status_code', status))
    client.attributes.push(int('http.response.status_code', status))
    server.endTimeUnixNano = at
    client.endTimeUnixNano = at + this.#millis(0.3, 1.2)
    if (status >= 500 && server.status === undefined) server.status = { code: 2, message: '' }
    if (status >= 400) {
      client.status = { code: 2, message: '' }
      client.attributes.push(text('error.type', String(status)))
    }
    this.#keep(to, server)
    this.#keep(this.#pendingFrom.get(client)!, client)
    this.#pendingFrom.delete(client)
    return client.endTimeUnixNano
  }

  #query(traceId: string, parent: Span, service: ServiceName, name: string, start: bigint, isSlow: boolean): bigint {
    const span = this.#span(traceId, parent.spanId, service, name, 3, start + this.#millis(0.1, 0.5))
    const [operation = '', table = ''] = name.split(' ')
    span.attributes.push(
      text('db.system.name', 'postgresql'),
      text('db.operation.name', operation),
      text('db.query.text', `${operation} … ${table} WHERE id = $1`),
      int('db.response.returned_rows', Math.floor(this.random() * 20)),
    )
    span.endTimeUnixNano = span.startTimeUnixNano + (isSlow ? this.#millis(300, 900) : this.#millis(1, 12))
    if (isSlow) span.events.push(event('lock wait', span.startTimeUnixNano + 1_000_000n, [text('lock.table', table)]))
    this.#keep(service, span)
    return span.endTimeUnixNano
  }

  #fail(span: Span, message: string, type: string): void {
    // A span that still runs has no end yet: both times are its start.
    const time = span.endTimeUnixNano
    span.status = { code: 2, message }
    span.attributes.push(text('error.type', type))
    span.events.push(
      event('exception', time, [
        text('exception.type', type),
        text('exception.message', message),
        text(
          'exception.stacktrace',
          `${type}: ${message}\n    at handler (/app/src/handler.js:42:11)\n    at run (/app/src/run.js:7:3)`,
        ),
      ]),
    )
  }

  #span(traceId: string, parentSpanId: string, service: ServiceName, name: string, kind: number, start: bigint): Span {
    this.#spanCount++
    return {
      traceId,
      spanId: this.#id(16),
      traceState: '',
      parentSpanId,
      // Sampled; calls between services are remote.
      flags: 0x101 | (kind === 2 && service !== 'web' ? 0x200 : 0),
      name,
      kind,
      startTimeUnixNano: start,
      endTimeUnixNano: start,
      attributes: [],
      droppedAttributesCount: 0,
      events: [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      status: undefined,
    }
  }

  #log(
    service: ServiceName,
    span: Span,
    time: bigint,
    severityNumber: number,
    body: string,
    attributes: KeyValue[] = [],
  ): void {
    const severityText = severityNumber >= 17 ? 'ERROR' : severityNumber >= 13 ? 'WARN' : 'INFO'
    const log: LogRecord = {
      timeUnixNano: time,
      observedTimeUnixNano: time + 1_000n,
      severityNumber,
      severityText,
      body,
      attributes,
      droppedAttributesCount: 0,
      flags: 1,
      traceId: span.traceId,
      spanId: span.spanId,
      eventName: '',
    }
    const logs = this.#logs.get(service)
    if (logs === undefined) this.#logs.set(service, [log])
    else logs.push(log)
  }

  #keep(service: ServiceName, span: Span): void {
    if (span.endTimeUnixNano > this.#newest) this.#newest = span.endTimeUnixNano
    const spans = this.#spans.get(service)
    if (spans === undefined) this.#spans.set(service, [span])
    else spans.push(span)
  }

  #pickRoute(): (typeof routes)[number] {
    let at = this.random() * 100
    for (const route of routes) {
      at -= route.weight
      if (at < 0) return route
    }
    return routes[0]!
  }

  #millis(least: number, most: number): bigint {
    return BigInt(Math.round((least + this.random() * (most - least)) * 1_000_000))
  }

  #id(length: number): string {
    let id = ''
    while (id.length < length) {
      id += Math.floor(this.random() * 4294967296)
        .toString(16)
        .padStart(8, '0')
    }
    return id
  }
}

function resource(service: ServiceName): Resource {
  return {
    attributes: [
      text('service.name', service),
      text('service.version', '1.4.2'),
      text('service.instance.id', `${service}-0`),
      text('deployment.environment.name', 'demo'),
      text('telemetry.sdk.language', 'nodejs'),
      int('process.pid', 4000 + serviceNames.indexOf(service)),
    ],
    droppedAttributesCount: 0,
    entityRefs: [],
  }
}

function scope(service: ServiceName): InstrumentationScope {
  return { name: `@shop/${service}`, version: '0.3.0', attributes: [], droppedAttributesCount: 0 }
}

function event(name: string, timeUnixNano: bigint, attributes: KeyValue[]): SpanEvent {
  return { timeUnixNano, name, attributes, droppedAttributesCount: 0 }
}

function text(key: string, value: string): KeyValue {
  return { key, value }
}

function int(key: string, value: number): KeyValue {
  return { key, value: BigInt(value) }
}
