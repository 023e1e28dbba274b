// SPDX-License-Identifier: Apache-2.0
import { keysOf, readProperty } from './attributes.ts'
import type { ReadableSpan } from './readable-span.ts'
import { RecordingSpan } from './span.ts'

// A span without anything on it retains 360 bytes (bench case sdk-span-retained); events and links are objects with a
// few fields, an attribute is two slots and a header of its key or value.
const spanBytes = 360
const partBytes = 100
const attributeBytes = 16

/**
 * Roughly the bytes that a waiting span keeps alive: its texts and byte arrays, which alone can become large, and a fixed
 * amount for the rest. Characters count as one byte, so text beyond Latin-1 counts half of what it takes.
 */
export function estimateSpanBytes(span: ReadableSpan): number {
  if (span instanceof RecordingSpan) return ownSpanBytes(span)
  try {
    let bytes = spanBytes + span.name.length + recordBytes(span.attributes)
    for (const event of span.events) bytes += partBytes + event.name.length + recordBytes(event.attributes)
    for (const link of span.links) bytes += partBytes + recordBytes(link.attributes)
    return bytes
  } catch {
    // Another SDK's span, or what a processor put in its place: whatever is wrong with it, its exporter finds out.
    return spanBytes
  }
}

function ownSpanBytes(span: RecordingSpan): number {
  let bytes = spanBytes + span.name.length
  const { record, tail, eventList, linkList } = span
  if (record !== undefined) {
    for (const key in record) {
      const value = record[key]
      bytes += attributeBytes + key.length
      if (typeof value === 'string') bytes += value.length
      else if (typeof value === 'object') bytes += containerBytes(value, 0)
    }
  }
  if (tail !== undefined) {
    bytes += tail.length * (attributeBytes >> 1)
    for (let i = 0; i < tail.length; i++) {
      const part = tail[i]
      if (typeof part === 'string') bytes += part.length
      else if (typeof part === 'object') bytes += containerBytes(part, 0)
    }
  }
  if (eventList !== undefined) {
    for (let i = 0; i < eventList.length; i++) {
      const event = eventList[i]!
      bytes += partBytes + event.name.length
      if (event.attributes !== undefined) bytes += recordBytes(event.attributes)
    }
  }
  if (linkList !== undefined) {
    for (let i = 0; i < linkList.length; i++) {
      const { attributes } = linkList[i]!
      bytes += partBytes
      if (attributes !== undefined) bytes += recordBytes(attributes)
    }
  }
  return bytes
}

function recordBytes(record: unknown): number {
  let bytes = 0
  for (const key of keysOf(record)) bytes += attributeBytes + key.length + valueBytes(readProperty(record, key), 0)
  return bytes
}

// Values of our own spans end at 64 levels; what a processor put in by hand may be a cycle.
const maxDepth = 64

function valueBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length
  return typeof value === 'object' ? containerBytes(value, depth) : 0
}

function containerBytes(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return 0
  if (ArrayBuffer.isView(value)) return value.byteLength
  let bytes = 0
  if (Array.isArray(value)) for (const item of value) bytes += attributeBytes + valueBytes(item, depth + 1)
  else
    for (const key of keysOf(value))
      bytes += attributeBytes + key.length + valueBytes(readProperty(value, key), depth + 1)
  return bytes
}
