// SPDX-License-Identifier: Apache-2.0

/** What a search within the trace looks at. */
export interface SearchableSpan {
  spanId: string
  name: string
  resource: number
  httpStatusCode: number | null
}

/**
 * Marks the spans that hold every word of `query` (case-insensitive) in name, service, span id or HTTP status;
 * undefined when there is nothing to search for.
 */
export function searchSpans(
  spans: readonly SearchableSpan[],
  serviceOf: (resource: number) => string,
  query: string,
): Uint8Array | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return undefined
  const marks = new Uint8Array(spans.length)
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]!
    const text = `${span.name}\n${serviceOf(span.resource)}\n${span.spanId}\n${span.httpStatusCode ?? ''}`.toLowerCase()
    marks[i] = words.every((word) => text.includes(word)) ? 1 : 0
  }
  return marks
}

/**
 * The next marked span after `from` in the order of rows (`direction` 1) or before it (-1), around the end;
 * -1 when none is marked. `from` -1 begins at the edge.
 */
export function nextMarked(
  order: Int32Array,
  position: Int32Array,
  isMarked: (span: number) => boolean,
  from: number,
  direction: 1 | -1,
): number {
  const count = order.length
  const start = from >= 0 ? position[from]! : direction === 1 ? -1 : count
  for (let step = 1; step <= count; step++) {
    const row = (((start + direction * step) % count) + count) % count
    if (isMarked(order[row]!)) return order[row]!
  }
  return -1
}
