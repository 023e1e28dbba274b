// SPDX-License-Identifier: Apache-2.0
import type {
  ErrorResponse,
  FieldsResponse,
  ServicesResponse,
  SpanDetailResponse,
  StatsResponse,
  TraceListResponse,
  TraceResponse,
  ValuesResponse,
} from '../../api.ts'
import { parseDuration } from '../format/duration.ts'
import { type ListView, rangeMillis } from './location.ts'

/** The server said no. `code` is the server's, or `NETWORK` when there was no answer. */
export class RequestError extends Error {
  readonly code: string
  readonly status: number
  /** Where in the filter text it went wrong, when the server says so; counts UTF-16 units. */
  readonly position: number | undefined
  readonly length: number | undefined

  constructor(code: string, message: string, status: number, position?: number, length?: number) {
    super(message)
    this.code = code
    this.status = status
    this.position = position
    this.length = length
  }
}

/** Traces asked for at once; also how many of the newest are compared when something arrives. */
export const pageSize = 100

export function fetchTraces(
  view: ListView,
  after: string | undefined,
  signal: AbortSignal,
): Promise<TraceListResponse> {
  const params = listParams(view, Date.now())
  params.set('limit', String(pageSize))
  if (after !== undefined) params.set('after', after)
  return getJson(`/api/traces?${params}`, signal)
}

/** The list view as the server's parameters. */
export function listParams(view: ListView, nowMillis: number): URLSearchParams {
  const params = new URLSearchParams()
  if (view.query.trim() !== '') params.set('q', view.query)
  if (view.service !== '') params.set('service', view.service)
  if (view.errorsOnly) params.set('errors', '1')
  // The server takes nanoseconds; what does not parse is left for the field itself to mark.
  const minimum = view.minDuration === '' ? undefined : parseDuration(view.minDuration)
  if (minimum !== undefined) params.set('minDuration', String(minimum))
  const range = rangeMillis(view.range)
  if (view.fromMillis !== undefined) params.set('from', `${view.fromMillis}000000`)
  else if (range !== undefined) params.set('from', `${nowMillis - range}000000`)
  if (view.toMillis !== undefined) params.set('to', `${view.toMillis}000000`)
  return params
}

export function fetchTrace(traceId: string, signal: AbortSignal): Promise<TraceResponse> {
  return getJson(`/api/traces/${encodeURIComponent(traceId)}`, signal)
}

export function fetchSpan(traceId: string, spanId: string, signal: AbortSignal): Promise<SpanDetailResponse> {
  return getJson(`/api/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`, signal)
}

export function fetchServices(signal: AbortSignal): Promise<ServicesResponse> {
  return getJson('/api/services', signal)
}

export function fetchStats(signal: AbortSignal): Promise<StatsResponse> {
  return getJson('/api/stats', signal)
}

export function fetchFields(prefix: string, signal: AbortSignal): Promise<FieldsResponse> {
  return getJson(`/api/fields?${new URLSearchParams({ prefix })}`, signal)
}

export function fetchValues(field: string, prefix: string, signal: AbortSignal): Promise<ValuesResponse> {
  return getJson(`/api/values?${new URLSearchParams({ field, prefix })}`, signal)
}

/** Address of a trace as OTLP JSON. */
export function otlpUrl(traceId: string): string {
  return `/api/traces/${encodeURIComponent(traceId)}/otlp`
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

/** Whatever was thrown, as an error that can be shown. */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  return new RequestError('NETWORK', error instanceof Error ? error.message : String(error), 0)
}

async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { signal, headers: { accept: 'application/json' } })
  } catch (error) {
    if (isAbort(error)) throw error
    throw new RequestError('NETWORK', 'The server does not answer.', 0)
  }
  if (response.ok) return (await response.json()) as T
  const body = (await response.json().catch(() => undefined)) as (ErrorResponse & ErrorPlace) | undefined
  throw new RequestError(
    body?.code ?? 'HTTP',
    body?.message ?? `The server answered ${response.status} ${response.statusText}.`,
    response.status,
    body?.position,
    body?.length,
  )
}

interface ErrorPlace {
  position?: number
  length?: number
}
