// SPDX-License-Identifier: Apache-2.0
// The address bar holds the whole view: what is in these types is in the URL, and nothing else is needed to come back.
import { type FoldState, formatFold, parseFold, unfolded } from '../layout/rows.ts'
import type { TimeWindow } from '../layout/window.ts'

/** The trace list: filter text and quick filters. */
export interface ListView {
  page: 'list'
  query: string
  service: string
  errorsOnly: boolean
  /** As typed, e.g. `100ms`. */
  minDuration: string
  /** `15m` and the like, counted back from now; '' = everything held. */
  range: string
  /** Fixed bounds in milliseconds since the Unix epoch, from brushing the chart; they win over `range`. */
  fromMillis: number | undefined
  toMillis: number | undefined
}

/** One trace. */
export interface TraceView {
  page: 'trace'
  traceId: string
  /** Span shown in the drawer; '' = drawer closed. */
  spanId: string
  window: TimeWindow | undefined
  find: string
  fold: FoldState
  criticalPath: boolean
}

export interface UnknownView {
  page: 'unknown'
  path: string
}

export type View = ListView | TraceView | UnknownView

export const emptyList: ListView = {
  page: 'list',
  query: '',
  service: '',
  errorsOnly: false,
  minDuration: '',
  range: '',
  fromMillis: undefined,
  toMillis: undefined,
}

export function traceView(traceId: string, spanId = ''): TraceView {
  return { page: 'trace', traceId, spanId, window: undefined, find: '', fold: unfolded, criticalPath: false }
}

export function parseView(url: URL): View {
  const params = url.searchParams
  const path = url.pathname.replace(/\/+$/, '')
  if (path === '' || path === '/traces') {
    return {
      page: 'list',
      query: params.get('q') ?? '',
      service: params.get('service') ?? '',
      errorsOnly: params.get('errors') === '1',
      minDuration: params.get('min') ?? '',
      range: params.get('range') ?? '',
      fromMillis: wholeNumber(params.get('from')),
      toMillis: wholeNumber(params.get('to')),
    }
  }
  const match = /^\/traces\/([^/]+)$/.exec(path)
  if (match) {
    const from = wholeNumber(params.get('from'))
    const to = wholeNumber(params.get('to'))
    return {
      page: 'trace',
      traceId: decode(match[1]!).toLowerCase(),
      spanId: (params.get('span') ?? '').toLowerCase(),
      window: from !== undefined && to !== undefined && from < to ? { from, to } : undefined,
      find: params.get('find') ?? '',
      fold: parseFold(params.get('fold') ?? ''),
      criticalPath: params.get('critical') === '1',
    }
  }
  return { page: 'unknown', path: url.pathname }
}

/** Path and search part; what is at its default is left out. */
export function formatView(view: View): string {
  const params = new URLSearchParams()
  const put = (name: string, value: string): void => {
    if (value !== '') params.set(name, value)
  }
  if (view.page === 'unknown') return view.path
  if (view.page === 'list') {
    put('q', view.query)
    put('service', view.service)
    put('errors', view.errorsOnly ? '1' : '')
    put('min', view.minDuration)
    put('range', view.range)
    put('from', view.fromMillis === undefined ? '' : String(view.fromMillis))
    put('to', view.toMillis === undefined ? '' : String(view.toMillis))
    return withParams('/traces', params)
  }
  put('span', view.spanId)
  if (view.window) {
    put('from', String(Math.round(view.window.from)))
    put('to', String(Math.round(view.window.to)))
  }
  put('find', view.find)
  put('fold', formatFold(view.fold))
  put('critical', view.criticalPath ? '1' : '')
  return withParams(`/traces/${encodeURIComponent(view.traceId)}`, params)
}

/** Whether anything narrows the list. */
export function isFiltered(view: ListView): boolean {
  return (
    view.query.trim() !== '' ||
    view.service !== '' ||
    view.errorsOnly ||
    view.minDuration !== '' ||
    view.range !== '' ||
    view.fromMillis !== undefined ||
    view.toMillis !== undefined
  )
}

const rangeUnits: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a range such as `15m`; undefined when it is none. */
export function rangeMillis(range: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(range)
  return match ? Number(match[1]) * rangeUnits[match[2]!]! : undefined
}

/** The trace id when the text is nothing but one. */
export function asTraceId(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase()
  return /^[0-9a-f]{32}$/.test(trimmed) ? trimmed : undefined
}

function withParams(path: string, params: URLSearchParams): string {
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
