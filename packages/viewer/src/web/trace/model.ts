// SPDX-License-Identifier: Apache-2.0
import type { SpanJson, TraceResponse } from '../../api.ts'
import { shorten } from '../format/text.ts'
import { criticalPath, type Stretches, selfTimes } from '../layout/span-time.ts'
import { layoutTrace, type TraceLayout } from '../layout/trace-layout.ts'

/** A trace as the page draws it: the answer of the server with everything that is derived from it once. */
export interface TraceModel {
  readonly traceId: string
  readonly startUnixNano: bigint
  /** From the earliest start to the latest end; at least 1, so it can divide. */
  readonly durationNano: number
  readonly spans: readonly SpanJson[]
  readonly layout: TraceLayout
  readonly selfTime: Stretches
  /** Names of services by resource, and of spans, as they are drawn: one line, cut. */
  readonly serviceByResource: readonly string[]
  readonly names: readonly string[]
  readonly services: readonly { name: string; spanCount: number; errorCount: number }[]
  readonly errorCount: number
  readonly indexById: ReadonlyMap<string, number>
}

export const errorStatus = 2
// Longer names are cut before they are measured; no screen shows more.
const maxNameLength = 300

export function buildTrace(response: TraceResponse): TraceModel {
  const spans = response.spans
  const layout = layoutTrace(spans)
  const serviceByResource = response.resources.map((resource) => shorten(resource.service, 120) || '(no service)')
  const counts = new Map<string, { name: string; spanCount: number; errorCount: number }>()
  const indexById = new Map<string, number>()
  let errorCount = 0
  let end = 0
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]!
    if (!indexById.has(span.spanId)) indexById.set(span.spanId, i)
    end = Math.max(end, span.startOffsetNano + span.durationNano)
    const name = serviceByResource[span.resource] ?? '(no service)'
    let count = counts.get(name)
    if (!count) {
      count = { name, spanCount: 0, errorCount: 0 }
      counts.set(name, count)
    }
    count.spanCount++
    if (span.statusCode === errorStatus) {
      count.errorCount++
      errorCount++
    }
  }
  return {
    traceId: response.traceId,
    startUnixNano: BigInt(response.startUnixNano),
    durationNano: Math.max(1, end),
    spans,
    layout,
    selfTime: selfTimes(spans, layout),
    serviceByResource,
    names: spans.map((span) => shorten(span.name, maxNameLength) || '(no name)'),
    services: [...counts.values()].sort((a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : 1)),
    errorCount,
    indexById,
  }
}

export function serviceOf(trace: TraceModel, span: number): string {
  return trace.serviceByResource[trace.spans[span]!.resource] ?? '(no service)'
}

export function criticalPathOf(trace: TraceModel): Stretches {
  return criticalPath(trace.spans, trace.layout, trace.layout.mainRoot)
}

export const kindNames: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
export const statusNames: readonly string[] = ['unset', 'ok', 'error']
