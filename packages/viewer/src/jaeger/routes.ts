// SPDX-License-Identifier: Apache-2.0
import type { Store } from '@otel-ts/store'
import { type Parameters, refused, shown } from '../server/parameters.ts'
import { jaegerQuery } from './query-parameters.ts'
import { type JaegerTrace, jaegerTrace } from './trace-json.ts'

interface JaegerError {
  code?: number
  msg: string
  traceID?: string
}

/** Envelope of every answer of Jaeger's query service. */
interface JaegerBody {
  data: unknown
  total: number
  limit: number
  offset: number
  errors: JaegerError[] | null
}

const kindNames = ['', 'internal', 'server', 'client', 'producer', 'consumer']

/** Answer to `GET /jaeger/api/<segments>`; undefined when nothing is served there. */
export async function answerJaeger(
  segments: readonly string[],
  parameters: Parameters,
  store: Store,
  nowUnixNano: () => bigint,
): Promise<{ status: number; text: string } | undefined> {
  const [area, id, part] = segments
  if (area === 'services' && segments.length === 1) {
    const names = (await store.services()).map(({ name }) => name).sort()
    return found(names, names.length)
  }
  if (area === 'services' && segments.length === 3 && part === 'operations') {
    const names = [...new Set((await store.operations(id!)).map(({ name }) => name))].sort()
    return found(names, names.length)
  }
  if (area === 'operations' && segments.length === 1) return operations(parameters, store)
  if (area === 'traces' && segments.length === 1) return search(parameters, store, nowUnixNano)
  if (area === 'traces' && segments.length === 2) {
    const trace = await traceOf(store, id!)
    if (trace === undefined) return { status: 404, text: JSON.stringify(jaegerError(404, 'trace not found')) }
    return found([trace], 0)
  }
  return undefined
}

/** Jaeger's form of an error. */
export function jaegerError(status: number, message: string): JaegerBody {
  return { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] }
}

async function operations(parameters: Parameters, store: Store): Promise<{ status: number; text: string }> {
  const service = parameters.text('service')
  if (service === undefined) throw refused("parameter 'service', which is missing", 'this path needs it')
  const wanted = parameters.text('spanKind')?.toLowerCase()
  const list: { name: string; spanKind: string }[] = []
  for (const { name, kind } of await store.operations(service)) {
    const spanKind = kindNames[kind] ?? ''
    if (wanted === undefined || wanted === spanKind) list.push({ name, spanKind })
  }
  list.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.spanKind < b.spanKind ? -1 : 1))
  return found(list, list.length)
}

async function search(
  parameters: Parameters,
  store: Store,
  nowUnixNano: () => bigint,
): Promise<{ status: number; text: string }> {
  const ids = parameters.all('traceID')
  const traces: JaegerTrace[] = []
  if (ids.length > 0) {
    const errors: JaegerError[] = []
    for (const id of ids) {
      const trace = await traceOf(store, id)
      if (trace === undefined) errors.push({ msg: 'trace not found', traceID: id })
      else traces.push(trace)
    }
    return found(traces, 0, errors.length === 0 ? null : errors)
  }
  const page = await store.traces(jaegerQuery(parameters, nowUnixNano))
  for (const { traceId } of page.traces) {
    const trace = await traceOf(store, traceId)
    if (trace !== undefined) traces.push(trace)
  }
  return found(traces, 0)
}

/** Jaeger's ids may come without their leading zeros. */
async function traceOf(store: Store, id: string): Promise<JaegerTrace | undefined> {
  if (!/^[0-9a-fA-F]{1,64}$/.test(id)) throw refused(`trace id ${shown(id)}`, 'expected hexadecimal digits')
  const asSent = id.toLowerCase()
  for (const candidate of new Set([asSent, asSent.padStart(32, '0')])) {
    const trace = await store.trace(candidate)
    if (trace !== undefined && trace !== 'evicted') return jaegerTrace(candidate, trace.spans)
  }
  return undefined
}

function found(data: unknown, total: number, errors: JaegerError[] | null = null): { status: number; text: string } {
  const body: JaegerBody = { data, total, limit: 0, offset: 0, errors }
  return { status: 200, text: JSON.stringify(body) }
}
