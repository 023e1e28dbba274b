// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import type { EntityRef, InstrumentationScope, Resource } from '../model/resource.ts'
import { plainBytes } from '../proto/plain-bytes.ts'
import { TextSource } from '../proto/text.ts'

// Bigints are objects; small ones are shared.
const smallIntegers: readonly bigint[] = Array.from({ length: 128 }, (_, i) => BigInt(i))

/**
 * Reads messages that the index has checked and, where a singular message came in parts, normalised: so nothing here
 * looks at bounds again. Each message method takes the bounds of its content; between fields the cursor is a local.
 */
export class Decoder {
  readonly bytes: Uint8Array
  readonly data: DataView
  readonly text: TextSource
  /** Of the field that `field` met: tag, start of its content, and a varint's low 32 bits. */
  tag = 0
  start = 0
  value = 0

  constructor(bytes: Uint8Array) {
    this.bytes = plainBytes(bytes)
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.text = new TextSource(this.bytes)
  }

  /** Reads the tag at p and finds the content; returns the start of the next field. */
  field(p: number): number {
    const b = this.bytes
    let tag = b[p++]!
    if (tag > 127) {
      tag = this.#varint(p - 1)
      p = this.start
    }
    this.tag = tag
    const wire = tag & 7
    if (wire === 2) {
      let length = b[p++]!
      if (length > 127) {
        length = this.#varint(p - 1)
        p = this.start
      }
      this.start = p
      return p + length
    }
    if (wire === 0) {
      const start = p
      let value = b[p++]!
      if (value > 127) {
        value = this.#varint(start)
        p = this.start
        this.start = start
      } else this.start = start
      this.value = value
      return p
    }
    this.start = p
    return wire === 1 ? p + 8 : p + 4
  }

  // Low 32 bits, unsigned; #start is set behind it.
  #varint(p: number): number {
    const b = this.bytes
    let value = 0
    let shift = 0
    let byte = 128
    while (byte > 127) {
      byte = b[p++]!
      if (shift < 32) value |= (byte & 127) << shift
      shift += 7
    }
    this.start = p
    return value >>> 0
  }

  /** Low 32 bits of a varint. */
  uint32(p: number): number {
    const first = this.bytes[p]!
    return first < 128 ? first : this.#varint(p)
  }

  /** A varint as an unsigned 64-bit integer. */
  uint64(p: number): bigint {
    const b = this.bytes
    let low = 0
    let high = 0
    let shift = 0
    let byte = 128
    while (byte > 127) {
      byte = b[p++]!
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else if (shift < 64) high |= bits << (shift - 32)
      shift += 7
    }
    if (high === 0) return BigInt(low >>> 0)
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  }

  /** A varint as a signed 64-bit integer. */
  int64(p: number): bigint {
    const b = this.bytes
    const first = b[p]!
    if (first < 128) return smallIntegers[first]!
    return BigInt.asIntN(64, this.uint64(p))
  }

  /** Whether any bit of a varint is set. */
  bool(p: number): boolean {
    const b = this.bytes
    while (b[p]! > 127) {
      if (b[p]! !== 128) return true
      p++
    }
    return b[p] !== 0
  }

  attribute(p: number, end: number): KeyValue {
    const b = this.bytes
    // Key, then a value that fills the rest: nearly all are like this.
    const keyLength = b[p + 1]!
    const q = p + 2 + keyLength
    if (b[p] === 0x0a && keyLength < 128 && q + 1 < end && b[q] === 0x12) {
      const from = b[q + 1]! < 128 ? q + 2 : q + 3
      const size = b[q + 1]! < 128 ? b[q + 1]! : (b[q + 1]! & 127) | (b[q + 2]! << 7)
      if (from + size === end) return { key: this.text.read(p + 2, q), value: this.anyValue(from, end) }
    }
    const attribute: KeyValue = { key: '', value: undefined }
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) attribute.key = this.text.read(this.start, p)
      else if (this.tag === 0x12) attribute.value = this.anyValue(this.start, p)
    }
    return attribute
  }

  anyValue(p: number, end: number): AnyValue {
    const b = this.bytes
    // A string that fills the value.
    if (b[p] === 0x0a) {
      const size = b[p + 1]!
      if (size < 128 && p + 2 + size === end) return this.text.read(p + 2, end)
    } else if (b[p] === 0x18 && p + 2 === end && b[p + 1]! < 128) return smallIntegers[b[p + 1]!]!
    let value: AnyValue
    while (p < end) {
      p = this.field(p)
      switch (this.tag) {
        case 0x0a:
          value = this.text.read(this.start, p)
          break
        case 0x10:
          value = this.bool(this.start)
          break
        case 0x18:
          value = this.int64(this.start)
          break
        case 0x21:
          value = this.data.getFloat64(this.start, true)
          break
        case 0x2a:
          value = { list: this.list(this.start, p) }
          break
        case 0x32:
          value = { kvlist: this.kvlist(this.start, p) }
          break
        case 0x3a:
          value = this.bytes.slice(this.start, p)
      }
    }
    return value
  }

  list(p: number, end: number): AnyValue[] {
    const list: AnyValue[] = []
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) list.push(this.anyValue(this.start, p))
    }
    return list
  }

  kvlist(p: number, end: number): KeyValue[] {
    const kvlist: KeyValue[] = []
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) kvlist.push(this.attribute(this.start, p))
    }
    return kvlist
  }

  resource(p: number, end: number): Resource {
    const resource: Resource = { attributes: [], droppedAttributesCount: 0, entityRefs: [] }
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) resource.attributes.push(this.attribute(this.start, p))
      else if (this.tag === 0x10) resource.droppedAttributesCount = this.value
      else if (this.tag === 0x1a) resource.entityRefs.push(this.#entityRef(this.start, p))
    }
    return resource
  }

  #entityRef(p: number, end: number): EntityRef {
    const ref: EntityRef = { schemaUrl: '', type: '', idKeys: [], descriptionKeys: [] }
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) ref.schemaUrl = this.text.read(this.start, p)
      else if (this.tag === 0x12) ref.type = this.text.read(this.start, p)
      else if (this.tag === 0x1a) ref.idKeys.push(this.text.read(this.start, p))
      else if (this.tag === 0x22) ref.descriptionKeys.push(this.text.read(this.start, p))
    }
    return ref
  }

  scope(p: number, end: number): InstrumentationScope {
    const scope: InstrumentationScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0 }
    while (p < end) {
      p = this.field(p)
      if (this.tag === 0x0a) scope.name = this.text.read(this.start, p)
      else if (this.tag === 0x12) scope.version = this.text.read(this.start, p)
      else if (this.tag === 0x1a) scope.attributes.push(this.attribute(this.start, p))
      else if (this.tag === 0x20) scope.droppedAttributesCount = this.value
    }
    return scope
  }
}
