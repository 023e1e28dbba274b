// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import { keyField } from '../proto/keys.ts'
import type { ProtoWriter } from '../proto/writer.ts'

/** How deep values may be nested, in both directions and both encodings; the value of an attribute has depth 1. */
export const maxValueDepth = 100

/** Writes attributes as the repeated field with this tag. */
export function writeAttributes(w: ProtoWriter, tag: number, attributes: readonly KeyValue[]): void {
  for (let i = 0; i < attributes.length; i++) writeKeyValue(w, tag, attributes[i]!, 1)
}

// Strings, doubles and small integers under short keys are nearly all there is; they are written in place, without
// marks. Anything longer than 127 bytes takes the general way.
function writeKeyValue(w: ProtoWriter, tag: number, attribute: KeyValue, depth: number): void {
  const key = attribute.key
  const value = attribute.value
  if (key !== '') {
    const field = keyField(key)
    const n = field.length
    if (typeof value === 'string') {
      // 3 bytes a character at most, and 6 for lengths and tags.
      const room = n + value.length * 3 + 6
      if (room < 128 || (value.length < 100 && n + value.length + 6 < 128)) {
        w.ensure(room + 2)
        const start = w.pos
        w.pos += 2
        w.raw(field)
        const valueStart = w.pos
        w.pos += 2
        w.string(0x0a, value)
        const end = w.pos
        if (end - start - 2 < 128) {
          const b = w.buf
          b[start] = tag
          b[start + 1] = end - start - 2
          b[valueStart] = 0x12
          b[valueStart + 1] = end - valueStart - 2
          return
        }
        // More than ASCII made it longer.
        w.pos = start
      }
    } else if (n < 100 && typeof value === 'bigint') {
      w.ensure(n + 20)
      const start = w.pos
      w.pos += 2
      w.raw(field)
      const valueStart = w.pos
      w.pos += 3
      w.varint64(value)
      const end = w.pos
      const b = w.buf
      b[start] = tag
      b[start + 1] = end - start - 2
      b[valueStart] = 0x12
      b[valueStart + 1] = end - valueStart - 2
      b[valueStart + 2] = 0x18
      return
    }
  }
  const mark = w.begin(tag, 1)
  if (key !== '') w.raw(keyField(key))
  writeAnyValue(w, 0x12, value, depth)
  w.end(mark)
}

/** Writes an AnyValue field, also an empty one (`12 00` for tag 0x12). */
export function writeAnyValue(w: ProtoWriter, tag: number, value: AnyValue, depth = 1): void {
  const mark = w.begin(tag, 1)
  switch (typeof value) {
    case 'string':
      w.string(0x0a, value)
      break
    case 'number':
      w.tag(0x21)
      w.double(value)
      break
    case 'bigint':
      w.tag(0x18)
      w.varint64(value)
      break
    case 'boolean':
      w.tag(0x10)
      w.varint32(value ? 1 : 0)
      break
    case 'object':
      writeComposite(w, value, depth)
  }
  w.end(mark)
}

function writeComposite(w: ProtoWriter, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    w.bytes(0x3a, value)
    return
  }
  if (depth >= maxValueDepth) {
    // The elements would be one deeper.
    const { list, kvlist } = value as { list?: unknown[]; kvlist?: unknown[] }
    if ((list ?? kvlist ?? []).length > 0) throw tooDeep()
  }
  if ('list' in value) {
    const list = value.list as AnyValue[]
    const mark = w.begin(0x2a, 1)
    for (let i = 0; i < list.length; i++) writeAnyValue(w, 0x0a, list[i], depth + 1)
    w.end(mark)
  } else {
    const kvlist = (value as { kvlist: KeyValue[] }).kvlist
    const mark = w.begin(0x32, 1)
    for (let i = 0; i < kvlist.length; i++) writeKeyValue(w, 0x0a, kvlist[i]!, depth + 1)
    w.end(mark)
  }
}

function tooDeep(): Error {
  return otlpError(
    'OTLP_NESTING',
    `AnyValue: nested deeper than ${maxValueDepth}, or contains itself; allowed are ${maxValueDepth} levels; batch not encoded`,
  )
}
