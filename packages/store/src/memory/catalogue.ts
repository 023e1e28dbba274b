// SPDX-License-Identifier: Apache-2.0
import { checkCondition, kindNames, statusNames } from '../query/fields.ts'
import { scalarText } from './sources.ts'
import type { SpanSegment } from './span-segment.ts'
import { readValue, seekAttribute } from './value-codec.ts'

// Completion shows the most frequent values; past this many distinct ones the rarer are not told apart.
const maxDistinctCount = 20_000

export interface Counted {
  readonly text: string
  count: number
}

/** Services with their spans, most spans first. */
export function listServices(
  segments: readonly SpanSegment[],
): { name: string; spanCount: number; errorCount: number }[] {
  const services = new Map<string, { name: string; spanCount: number; errorCount: number }>()
  for (const segment of segments) {
    for (let row = 0; row < segment.rowCount; row++) {
      const name = segment.service(row)
      let service = services.get(name)
      if (service === undefined) services.set(name, (service = { name, spanCount: 0, errorCount: 0 }))
      service.spanCount++
      if (segment.status(row) === 2) service.errorCount++
    }
  }
  return [...services.values()].sort((a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : 1))
}

/** Names and kinds of a service's spans, most frequent first. */
export function listOperations(
  segments: readonly SpanSegment[],
  service: string,
): { name: string; kind: number; spanCount: number }[] {
  const operations = new Map<string, { name: string; kind: number; spanCount: number }>()
  for (const segment of segments) {
    for (let row = 0; row < segment.rowCount; row++) {
      if (segment.service(row) !== service) continue
      const name = segment.name(row)
      const kind = segment.kind(row)
      const key = `${kind} ${name}`
      const operation = operations.get(key)
      if (operation === undefined) operations.set(key, { name, kind, spanCount: 1 })
      else operation.spanCount++
    }
  }
  return [...operations.values()].sort(
    (a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.kind - b.kind),
  )
}

/** Attribute fields with this prefix, of the whole field or of the key alone, most frequent first. */
export function listAttributeKeys(segments: readonly SpanSegment[], prefix: string): Counted[] {
  const counts = new Map<string, Counted>()
  const wanted = prefix.toLowerCase()
  const count = (group: string, key: string, times: number) => {
    const text = `${group}.${key}`
    if (!text.toLowerCase().startsWith(wanted) && !key.toLowerCase().startsWith(wanted)) return
    addCount(counts, text, times)
  }
  for (const segment of segments) {
    segment.keyCounts.forEach((times, id) => {
      // Keys of events, links and maps alone never stood on a span.
      if (times > 0) count('attribute', segment.keys.at(id), times)
    })
    const rowsOf = new Array<number>(segment.sources.resources.length).fill(0)
    for (let row = 0; row < segment.rowCount; row++) rowsOf[segment.resourceId(row)]!++
    segment.sources.resources.forEach(({ resource }, id) => {
      for (const attribute of resource.attributes) count('resource', attribute.key, rowsOf[id]!)
    })
  }
  return mostFirst(counts)
}

/** Values of one field, most frequent first; texts, numbers and booleans only. */
export function listFieldValues(segments: readonly SpanSegment[], field: string, prefix: string): Counted[] {
  const parsed = checkCondition({ field, op: 'exists' })
  const counts = new Map<string, Counted>()
  const wanted = prefix.toLowerCase()
  const count = (text: string | undefined, times: number) => {
    if (text !== undefined && times > 0 && text.toLowerCase().startsWith(wanted)) addCount(counts, text, times)
  }
  for (const segment of segments) {
    if (parsed.group === 'plain') countPlain(segment, field, count)
    else countAttribute(segment, parsed.group, parsed.key, count)
  }
  return mostFirst(counts)
}

type Count = (text: string | undefined, times: number) => void

function countPlain(segment: SpanSegment, field: string, count: Count): void {
  const { scopes } = segment.sources
  for (let row = 0; row < segment.rowCount; row++) {
    switch (field) {
      case 'service':
        count(segment.service(row), 1)
        break
      case 'name':
        count(segment.name(row), 1)
        break
      case 'kind':
        count(kindNames[segment.kind(row)] ?? String(segment.kind(row)), 1)
        break
      case 'status':
        count(statusNames[segment.status(row)] ?? String(segment.status(row)), 1)
        break
      case 'scope.name':
        count(scopes[segment.scopeId(row)]!.scope.name, 1)
        break
      default: // Ids and durations are too many to list.
        return
    }
  }
}

function countAttribute(
  segment: SpanSegment,
  group: 'attribute' | 'resource' | 'any',
  key: string,
  count: Count,
): void {
  const keyId = segment.keys.find(key)
  const isSpan = group !== 'resource'
  const isResource = group !== 'attribute'
  const ofResource = segment.sources.resources.map(({ resource }) =>
    scalarText(resource.attributes.find((attribute) => attribute.key === key)?.value),
  )
  for (let row = 0; row < segment.rowCount; row++) {
    if (isSpan && keyId !== -1) {
      const reader = segment.attributesReader(row)
      if (seekAttribute(reader, keyId)) {
        count(scalarText(readValue(reader, segment)), 1)
        continue
      }
    }
    if (isResource) count(ofResource[segment.resourceId(row)], 1)
  }
}

function addCount(counts: Map<string, Counted>, text: string, times: number): void {
  const known = counts.get(text)
  if (known !== undefined) known.count += times
  else if (counts.size < maxDistinctCount) counts.set(text, { text, count: times })
}

function mostFirst(counts: Map<string, Counted>): Counted[] {
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
}
