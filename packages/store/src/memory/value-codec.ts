// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from '@otel-ts/otlp'
import type { ByteReader, ByteWriter } from './byte-arena.ts'
import type { StringDictionary } from './string-dictionary.ts'

/** How a value stands in a segment's arena: this byte, then its content. */
export const valueTag = {
  empty: 0,
  string: 1,
  false: 2,
  true: 3,
  /** Zigzag varint below 2^30; most ints of telemetry (status codes, ports, sizes) take two or three bytes so. */
  smallInt: 4,
  int64: 5,
  double: 6,
  bytes: 7,
  list: 8,
  kvlist: 9,
} as const

/** What turns strings and keys into the small numbers that stand in the arena, and back. */
export interface Dictionaries {
  readonly strings: StringDictionary
  readonly keys: StringDictionary
}

const smallest = -(2n ** 29n)
const largest = 2n ** 29n - 1n

export function writeValue(writer: ByteWriter, dictionaries: Dictionaries, value: AnyValue): void {
  switch (typeof value) {
    case 'string':
      writer.byte(valueTag.string)
      writer.varint(dictionaries.strings.add(value))
      return
    case 'boolean':
      writer.byte(value ? valueTag.true : valueTag.false)
      return
    case 'bigint':
      if (value >= smallest && value <= largest) {
        const small = Number(value)
        writer.byte(valueTag.smallInt)
        writer.varint(((small << 1) ^ (small >> 31)) >>> 0)
      } else {
        writer.byte(valueTag.int64)
        writer.int64(value)
      }
      return
    case 'number':
      writer.byte(valueTag.double)
      writer.double(value)
      return
    case 'undefined':
      writer.byte(valueTag.empty)
      return
  }
  if (value instanceof Uint8Array) {
    writer.byte(valueTag.bytes)
    writer.sized(value)
  } else if ('list' in value) {
    writer.byte(valueTag.list)
    const start = writer.openLength()
    writer.varint(value.list.length)
    for (const element of value.list) writeValue(writer, dictionaries, element)
    writer.closeLength(start)
  } else {
    writer.byte(valueTag.kvlist)
    const start = writer.openLength()
    writeAttributes(writer, dictionaries, value.kvlist)
    writer.closeLength(start)
  }
}

export function writeAttributes(writer: ByteWriter, dictionaries: Dictionaries, attributes: readonly KeyValue[]): void {
  writer.varint(attributes.length)
  for (const attribute of attributes) {
    writer.varint(dictionaries.keys.add(attribute.key))
    writeValue(writer, dictionaries, attribute.value)
  }
}

export function readValue(reader: ByteReader, dictionaries: Dictionaries): AnyValue {
  switch (reader.byte()) {
    case valueTag.string:
      return dictionaries.strings.at(reader.varint())
    case valueTag.false:
      return false
    case valueTag.true:
      return true
    case valueTag.smallInt:
      return BigInt(readSmallInt(reader))
    case valueTag.int64:
      return reader.int64()
    case valueTag.double:
      return reader.double()
    case valueTag.bytes:
      return reader.sized()
    case valueTag.list: {
      reader.fixedLength()
      const count = reader.varint()
      const list: AnyValue[] = []
      for (let i = 0; i < count; i++) list.push(readValue(reader, dictionaries))
      return { list }
    }
    case valueTag.kvlist:
      reader.fixedLength()
      return { kvlist: readAttributes(reader, dictionaries) }
    default:
      return undefined
  }
}

export function readAttributes(reader: ByteReader, dictionaries: Dictionaries): KeyValue[] {
  const count = reader.varint()
  const attributes: KeyValue[] = []
  for (let i = 0; i < count; i++) {
    const key = dictionaries.keys.at(reader.varint())
    attributes.push({ key, value: readValue(reader, dictionaries) })
  }
  return attributes
}

export function readSmallInt(reader: ByteReader): number {
  const zigzag = reader.varint()
  return (zigzag >>> 1) ^ -(zigzag & 1)
}

export function skipValue(reader: ByteReader): void {
  switch (reader.byte()) {
    case valueTag.string:
    case valueTag.smallInt:
      reader.varint()
      return
    case valueTag.int64:
    case valueTag.double:
      reader.position += 8
      return
    case valueTag.bytes:
      reader.skipSized()
      return
    case valueTag.list:
    case valueTag.kvlist: {
      const length = reader.fixedLength()
      reader.position += length
    }
  }
}

/**
 * Puts the reader on the value of the first attribute with this key; false when the list has none. The reader must
 * stand on the list's count.
 */
export function seekAttribute(reader: ByteReader, keyId: number): boolean {
  const count = reader.varint()
  for (let i = 0; i < count; i++) {
    if (reader.varint() === keyId) return true
    skipValue(reader)
  }
  return false
}
