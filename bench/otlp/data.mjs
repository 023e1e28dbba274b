// SPDX-License-Identifier: Apache-2.0
// Requests of 512 spans with 10 attributes each, about 440 bytes a span. `typical` repeats values as services do, `unique`
// never repeats a text value.
import { attributes10, uniqueAttributes10 } from '../sdk/data.mjs'

export const spanCount = 512

/** One request as records. */
export function makeRecords(data) {
  const make = data === 'unique' ? uniqueAttributes10 : attributes10
  const spans = Array.from({ length: spanCount }, (_, i) => ({
    traceId: hex(i >> 3, 32),
    spanId: hex(i + 1, 16),
    traceState: '',
    parentSpanId: i % 8 === 0 ? '' : hex(i, 16),
    flags: 257,
    name: data === 'unique' ? `GET /api/users/${i}` : 'GET /api/users/:id',
    kind: 2,
    startTimeUnixNano: 1544712660300000000n + BigInt(i) * 1000003n,
    endTimeUnixNano: 1544712660301000000n + BigInt(i) * 1000003n,
    attributes: keyValues(make(i)),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { message: '', code: i % 10 === 0 ? 2 : 0 },
  }))
  const resource = {
    attributes: keyValues({ 'service.name': 'shop', 'service.version': '1.0.0', 'host.name': 'node-1' }),
    droppedAttributesCount: 0,
    entityRefs: [],
  }
  const scope = { name: 'bench', version: '1.0.0', attributes: [], droppedAttributesCount: 0 }
  return [{ resource, scopeSpans: [{ scope, spans, schemaUrl: '' }], schemaUrl: '' }]
}

function keyValues(object) {
  return Object.entries(object).map(([key, value]) => ({
    key,
    value: Number.isInteger(value) ? BigInt(value) : value,
  }))
}

function hex(number, length) {
  return ((number + 1) * 2654435761).toString(16).padStart(length, 'a').slice(0, length)
}
