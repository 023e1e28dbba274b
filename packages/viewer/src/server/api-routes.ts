// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@otel-ts/otlp'
import { type Condition, parseFilter, plainFields, type Store, type StoredSpan, type TraceQuery } from '@otel-ts/store'
import { logJson, spanDetail, traceResponse, traceRow } from '../api/trace-json.ts'
import type {
  FieldsResponse,
  OperationsResponse,
  ServicesResponse,
  StatsResponse,
  TraceListResponse,
  TraceLogsResponse,
  ValuesResponse,
} from '../api.ts'
import { viewerError } from '../errors.ts'
import { type Parameters, refused, shown } from './parameters.ts'

/** What the routes need to know of the process around them. */
export interface ApiSurroundings {
  readonly store: Store
  readonly clock: Clock
  readonly version: string
  readonly otlpHttpEndpoint: string | undefined
  readonly otlpGrpcEndpoint: string | undefined
}

const maxLogCount = 10_000

/** Body of the answer to `GET /api/<segments>`; undefined when nothing is served there. */
export async function answerApi(
  segments: readonly string[],
  parameters: Parameters,
  around: ApiSurroundings,
): Promise<unknown> {
  const { store } = around
  const [area, id, part, spanId] = segments
  if (segments.length === 1) {
    switch (area) {
      case 'traces':
        return listTraces(parameters, around)
      case 'services':
        return { services: await store.services() } satisfies ServicesResponse
      case 'operations':
        return { operations: await store.operations(required(parameters, 'service')) } satisfies OperationsResponse
      case 'fields':
        return { fields: await listFields(parameters, store) } satisfies FieldsResponse
      case 'values':
        return { values: await listValues(parameters, store) } satisfies ValuesResponse
      case 'stats':
        return stats(around)
    }
    return undefined
  }
  if (area !== 'traces' || id === undefined) return undefined
  if (segments.length === 2) {
    const spans = await spansOf(store, id)
    const logs = await store.logs({ traceId: id, limit: maxLogCount })
    return traceResponse(id.toLowerCase(), spans, logs)
  }
  if (segments.length === 3 && part === 'logs') {
    const logs = await store.logs({ traceId: traceIdOf(id), limit: maxLogCount })
    return { logs: logs.map(logJson) } satisfies TraceLogsResponse
  }
  if (segments.length === 4 && part === 'spans' && spanId !== undefined) return spanOf(store, id, spanId)
  return undefined
}

async function listTraces(parameters: Parameters, around: ApiSurroundings): Promise<TraceListResponse> {
  const query = traceQuery(parameters)
  const start = around.clock.nowMillis()
  const page = await around.store.traces(query)
  const elapsed = around.clock.nowMillis() - start
  return {
    traces: page.traces.map(traceRow),
    next: page.next ?? null,
    matchCount: page.matchCount,
    scannedSpanCount: page.scannedSpanCount,
    elapsedMillis: Math.round(elapsed * 10) / 10,
    stats: await stats(around),
  }
}

function traceQuery(parameters: Parameters): TraceQuery {
  const conditions: Condition[] = parseFilter(parameters.text('q') ?? '')
  const service = parameters.text('service')
  const name = parameters.text('name')
  if (service !== undefined) conditions.push({ field: 'service', op: '=', value: service })
  if (name !== undefined) conditions.push({ field: 'name', op: '=', value: name })
  const query: TraceQuery = { conditions, errorsOnly: parameters.flag('errors') }
  const from = parameters.nanos('from')
  const to = parameters.nanos('to')
  const least = parameters.duration('minDuration')
  const most = parameters.duration('maxDuration')
  const limit = parameters.count('limit', 1, 1000)
  const after = parameters.text('after')
  if (from !== undefined) query.fromUnixNano = from
  if (to !== undefined) query.toUnixNano = to
  if (least !== undefined) query.minDurationNano = least
  if (most !== undefined) query.maxDurationNano = most
  if (limit !== undefined) query.limit = limit
  if (after !== undefined) query.after = after
  return query
}

async function stats(around: ApiSurroundings): Promise<StatsResponse> {
  const { oldestUnixNano, ...counts } = await around.store.stats()
  return {
    ...counts,
    oldestUnixNano: oldestUnixNano === undefined ? null : String(oldestUnixNano),
    otlpHttpEndpoint: around.otlpHttpEndpoint ?? null,
    otlpGrpcEndpoint: around.otlpGrpcEndpoint ?? null,
    version: around.version,
  }
}

/** Spans of a trace; throws what tells evicted from never seen. */
export async function spansOf(store: Store, id: string): Promise<StoredSpan[]> {
  const trace = await store.trace(traceIdOf(id))
  if (trace === undefined) throw unknownTrace(id)
  if (trace === 'evicted') throw evictedTrace(id)
  return trace.spans
}

async function spanOf(store: Store, id: string, spanId: string): Promise<unknown> {
  if (!/^[0-9a-fA-F]{1,64}$/.test(spanId)) {
    throw refused(`span id ${shown(spanId)}`, 'expected hexadecimal digits')
  }
  const found = await store.span(traceIdOf(id), spanId)
  if (found === 'evicted') throw evictedTrace(id)
  if (found === undefined) {
    await spansOf(store, id)
    throw viewerError('VIEWER_SPAN_UNKNOWN', `span ${shown(spanId)}: not in trace ${id}; answered with 404`)
  }
  const logs = await store.logs({ traceId: id, spanId, limit: maxLogCount })
  return spanDetail(found, logs.reverse())
}

function traceIdOf(id: string): string {
  if (!/^[0-9a-fA-F]{1,64}$/.test(id)) throw refused(`trace id ${shown(id)}`, 'expected hexadecimal digits')
  return id.toLowerCase()
}

function unknownTrace(id: string): Error {
  return viewerError('VIEWER_TRACE_UNKNOWN', `trace ${id}: no span of it was received; answered with 404`)
}

function evictedTrace(id: string): Error {
  return viewerError(
    'VIEWER_TRACE_EVICTED',
    `trace ${id}: was held and let go to make room for newer telemetry; a larger store keeps traces longer; answered with 404`,
  )
}

async function listFields(parameters: Parameters, store: Store): Promise<FieldsResponse['fields']> {
  const prefix = parameters.text('prefix') ?? ''
  const limit = parameters.count('limit', 1, 1000) ?? 50
  const { spanCount } = await store.stats()
  const plain = plainFields.filter((field) => field.startsWith(prefix.toLowerCase()))
  const attributes = await store.attributeKeys(prefix, limit)
  return [...plain.map((field) => ({ field, count: spanCount })), ...attributes].slice(0, limit)
}

async function listValues(parameters: Parameters, store: Store): Promise<ValuesResponse['values']> {
  const field = required(parameters, 'field')
  const prefix = parameters.text('prefix') ?? ''
  // A key as it is written in filters, without its group, means the span's or the resource's.
  const full = plainFields.includes(field) || /^(attribute|resource|any)\./.test(field) ? field : `any.${field}`
  return store.fieldValues(full, prefix, parameters.count('limit', 1, 1000) ?? 50)
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.text(name)
  if (value === undefined) throw refused(`parameter ${name}, which is missing`, 'this path needs it')
  return value
}
