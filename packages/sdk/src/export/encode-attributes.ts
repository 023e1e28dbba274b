// SPDX-License-Identifier: Apache-2.0
import type { ProtoWriter } from '@otel-ts/otlp/proto'
import { sdkEvents } from '../events.ts'
import { type AttributeRecord, invalidValue, keepValue, truncate } from '../trace/attributes.ts'
import { boundKeyCache, type KeyEntry, keyEntry, keyEntryAt, nextStamp } from './key-cache.ts'
import { putBytes } from './put-bytes.ts'
import { writeUtf8 } from './utf8.ts'

// KeyValue and AnyValue of opentelemetry/proto/common/v1/common.proto.
const keyValueValueTag = 0x12
const stringTag = 0x0a
const boolTag = 0x10
const intTag = 0x18
const doubleTag = 0x21
const arrayTag = 0x2a
const mapTag = 0x32
const bytesTag = 0x3a
const elementTag = 0x0a

// Below this many characters a loop beats a native call.
const loopLimit = 28

/** Writes one KeyValue with field tag `tag` (one byte). The value has been kept by `keepValue` or is primitive. */
export function writeKeyValue(writer: ProtoWriter, tag: number, field: Uint8Array, value: unknown): void {
  const keyLength = field.length
  if (typeof value === 'string') {
    const length = value.length
    // The common case, a short ASCII text: all lengths are one byte and known before, nothing is moved or patched.
    if (length + keyLength < 122 && writeShortText(writer, tag, field, value)) return
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    if (keyLength < 110) {
      writeShortScalar(writer, tag, field, value)
      return
    }
  }
  const keyValue = writer.begin(tag, 1)
  writer.raw(field)
  const any = writer.begin(keyValueValueTag, 1)
  writeAnyValue(writer, value)
  writer.end(any)
  writer.end(keyValue)
}

function writeShortText(writer: ProtoWriter, tag: number, field: Uint8Array, value: string): boolean {
  const keyLength = field.length
  const length = value.length
  writer.ensure(keyLength + length * 3 + 8)
  const b = writer.buf
  const start = writer.pos
  let p = start
  b[p++] = tag
  b[p++] = keyLength + length + 4
  p = putBytes(b, p, field)
  b[p++] = keyValueValueTag
  b[p++] = length + 2
  b[p++] = stringTag
  b[p++] = length
  if (length < loopLimit) {
    let seen = 0
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      seen |= unit
      b[p++] = unit
    }
    if (seen > 127) return false
  } else {
    if (writeUtf8(b, value, p) !== length) return false
    p += length
  }
  writer.pos = p
  return true
}

function writeShortScalar(writer: ProtoWriter, tag: number, field: Uint8Array, value: number | boolean): void {
  const keyLength = field.length
  writer.ensure(keyLength + 24)
  const b = writer.buf
  let p = writer.pos
  b[p++] = tag
  const lengthAt = p++
  p = putBytes(b, p, field)
  b[p++] = keyValueValueTag
  const anyLengthAt = p++
  if (typeof value === 'boolean') {
    b[p++] = boolTag
    b[p++] = value ? 1 : 0
  } else if ((value | 0) === value && value >= 0) {
    b[p++] = intTag
    let rest = value
    while (rest > 127) {
      b[p++] = (rest & 127) | 128
      rest >>>= 7
    }
    b[p++] = rest
  } else {
    writer.pos = p
    writeNumber(writer, value)
    p = writer.pos
  }
  b[anyLengthAt] = p - anyLengthAt - 1
  b[lengthAt] = p - lengthAt - 1
  writer.pos = p
}

// Whole numbers that a double holds exactly are int64, as the specification's own examples have it; others double.
function writeNumber(writer: ProtoWriter, value: number): void {
  if (Number.isSafeInteger(value)) {
    writer.tag(intTag)
    writer.varint53(value)
  } else {
    writer.tag(doubleTag)
    writer.double(value)
  }
}

/** Writes the fields of an AnyValue; nothing for an empty one. */
export function writeAnyValue(writer: ProtoWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      writer.string(stringTag, value)
      return
    case 'number':
      writeNumber(writer, value)
      return
    case 'boolean':
      writer.tag(boolTag)
      writer.varint32(value ? 1 : 0)
      return
    case 'bigint':
      writer.tag(intTag)
      writer.varint64(value)
      return
    case 'object':
      if (value !== null) writeObject(writer, value)
      return
    default:
      return
  }
}

function writeObject(writer: ProtoWriter, value: object): void {
  if (value instanceof Uint8Array) {
    writer.bytes(bytesTag, value)
    return
  }
  if (Array.isArray(value)) {
    const array = writer.begin(arrayTag, 1)
    for (const item of value) {
      const element = writer.begin(elementTag, 1)
      writeAnyValue(writer, item)
      writer.end(element)
    }
    writer.end(array)
    return
  }
  const map = writer.begin(mapTag, 1)
  for (const key of Object.keys(value)) {
    writeKeyValue(writer, elementTag, keyEntry(key).field, (value as AttributeRecord)[key])
  }
  writer.end(map)
}

// Values nested deeper than this would have the whole request refused: our own receiver takes 100 levels, and a value in
// the innermost container is one of them.
/** How deep containers from anywhere may stand in one another; what is deeper becomes empty. */
export const maxContainerDepth = 99

/** A value from anywhere as it is written: checked and copied unless it is a text; `invalidValue` for what no attribute can have. */
export function checkedValue(value: unknown): unknown {
  return typeof value === 'string' ? value : keepValue(value, Number.POSITIVE_INFINITY, maxContainerDepth)
}

const hasOwn = Object.prototype.hasOwnProperty

/** Writes attributes that may come from anywhere: values are checked, what no attribute can have is left out. */
export function writeForeignAttributes(writer: ProtoWriter, tag: number, attributes: unknown, where: string): void {
  if (typeof attributes !== 'object' || attributes === null) return
  boundKeyCache()
  let i = 0
  for (const key in attributes) {
    if (!hasOwn.call(attributes, key)) continue
    const given = (attributes as AttributeRecord)[key]
    if (given === undefined) continue
    const value = typeof given === 'number' ? given : checkedValue(given)
    if (key === '' || value === invalidValue) sdkEvents.invalidAttribute(where, key)
    else writeKeyValue(writer, tag, keyEntryAt(key, i++).field, value)
  }
}

/** Writes a value that may come from anywhere as an AnyValue with field tag `tag`; leaves out what none can be. */
export function writeForeignValue(writer: ProtoWriter, tag: number, given: unknown, where: string, name: string): void {
  const value = checkedValue(given)
  if (value === invalidValue) {
    sdkEvents.invalidAttribute(where, name)
    return
  }
  if (typeof value === 'string' && value.length < 122 && writeShortTextValue(writer, tag, value)) return
  const any = writer.begin(tag, 1)
  writeAnyValue(writer, value)
  writer.end(any)
}

// An ASCII text of less than 122 characters: all lengths are one byte and known before.
function writeShortTextValue(writer: ProtoWriter, tag: number, value: string): boolean {
  const { length } = value
  writer.ensure(length * 3 + 4)
  const b = writer.buf
  const p = writer.pos
  b[p] = tag
  b[p + 1] = length + 2
  b[p + 2] = stringTag
  b[p + 3] = length
  if (writeUtf8(b, value, p + 4) !== length) return false
  writer.pos = p + 4 + length
  return true
}

// Entries of the tail of the span that is being written; undefined where a later entry has the same key.
const tailEntries: (KeyEntry | undefined)[] = []

/**
 * Writes attributes as a span of ours holds them: `record`, then the key-value list `tail`, whose later entries win.
 * Values that were kept as given are checked here, the first time that anybody looks.
 */
export function writeSpanAttributes(
  writer: ProtoWriter,
  tag: number,
  record: AttributeRecord | undefined,
  tail: readonly unknown[] | undefined,
  lengthLimit: number,
  spanName: string,
): void {
  let stamp = 0
  boundKeyCache()
  if (tail !== undefined) {
    stamp = nextStamp()
    for (let i = tail.length - 2; i >= 0; i -= 2) {
      const entry = keyEntry(tail[i] as string)
      if (entry.stamp === stamp) tailEntries[i] = undefined
      else {
        entry.stamp = stamp
        tailEntries[i] = entry
      }
    }
  }
  if (record !== undefined) {
    let i = 0
    for (const key in record) {
      const value = record[key]
      const entry = keyEntryAt(key, i++)
      // Stamps start at 1: without a tail none is equal.
      if (entry.stamp === stamp && stamp !== 0) continue
      writeLazily(writer, tag, entry, key, value, lengthLimit, spanName)
    }
  }
  if (tail !== undefined) {
    for (let i = 0; i < tail.length; i += 2) {
      const entry = tailEntries[i]
      if (entry !== undefined) writeLazily(writer, tag, entry, tail[i] as string, tail[i + 1], lengthLimit, spanName)
    }
  }
}

function writeLazily(
  writer: ProtoWriter,
  tag: number,
  entry: KeyEntry,
  key: string,
  value: unknown,
  lengthLimit: number,
  spanName: string,
): void {
  const type = typeof value
  if (type === 'string') {
    if ((value as string).length > lengthLimit) value = truncate(value as string, lengthLimit)
  } else if (type === 'undefined') return
  else if (type === 'bigint' || type === 'symbol' || type === 'function') value = keepValue(value, lengthLimit, 0)
  if (value === invalidValue || key === '') sdkEvents.invalidAttribute(`span "${spanName}"`, key)
  else writeKeyValue(writer, tag, entry.field, value)
}
