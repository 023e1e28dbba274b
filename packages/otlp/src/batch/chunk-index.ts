// SPDX-License-Identifier: Apache-2.0
import { zigzag } from '../decode/data-points.ts'
import { Decoder } from '../decode/decoder.ts'
import type { AnyValue } from '../model/any-value.ts'
import type { Signal } from '../model/resource.ts'
import type { FieldSchema } from '../proto/schema.ts'
import { type AttributeKey, type BatchIndex, type NodeKind, nodeKind, type ValueType } from './batch-index.ts'
import type { IndexTables } from './build-index.ts'
import {
  attributeStride,
  fields,
  messageId,
  nodeAttributeCount,
  nodeEnd,
  nodeFirstAttribute,
  nodeInfo,
  nodeInnerEnd,
  nodeInnerStart,
  nodeParent,
  nodeStart,
  nodeStride,
  nodeSubtreeEnd,
  outOfOrder,
} from './tables.ts'

const spanId = messageId('Span')
const metricId = messageId('Metric')

/** Reads one request through its tables. */
export class ChunkIndex implements BatchIndex {
  readonly signal: Signal
  readonly nodeCount: number
  readonly source: Uint8Array
  readonly tables: IndexTables
  readonly decoder: Decoder
  readonly #nodes: Int32Array
  readonly #attributes: Int32Array
  // End of what #find found.
  #end = 0

  constructor(signal: Signal, bytes: Uint8Array, tables: IndexTables) {
    this.signal = signal
    this.tables = tables
    this.decoder = new Decoder(bytes)
    this.source = this.decoder.bytes
    this.#nodes = tables.nodes
    this.#attributes = tables.attributes
    this.nodeCount = tables.nodes.length / nodeStride
  }

  kind(node: number): NodeKind {
    return (this.#nodes[node * nodeStride + nodeInfo]! & 7) as NodeKind
  }

  /** Message that a node is, in the numbers of `tables.ts`. */
  message(node: number): number {
    return (this.#nodes[node * nodeStride + nodeInfo]! >>> 3) & 63
  }

  parent(node: number): number {
    return this.#nodes[node * nodeStride + nodeParent]!
  }

  subtreeEnd(node: number): number {
    return this.#nodes[node * nodeStride + nodeSubtreeEnd]!
  }

  // Start of the last occurrence of a field in a node, or -1. Numbers nearly always ascend, so it may stop early.
  #find(node: number, field: number): number {
    const row = node * nodeStride
    const nodes = this.#nodes
    const limit = (nodes[row + nodeInfo]! & outOfOrder) === 0 ? field : 0x7fffffff
    return this.#scan(nodes[row + nodeStart]!, nodes[row + nodeEnd]!, field, limit)
  }

  #scan(p: number, end: number, field: number, limit: number): number {
    const b = this.source
    let found = -1
    while (p < end) {
      let tag = b[p++]!
      if (tag > 127) {
        let byte = b[p++]!
        tag = (tag & 127) | ((byte & 127) << 7)
        for (let shift = 14; byte > 127; shift += 7) {
          byte = b[p++]!
          if (shift < 32) tag |= (byte & 127) << shift
        }
      }
      const number = tag >>> 3
      if (number > limit) break
      let start = p
      switch (tag & 7) {
        case 0:
          while (b[p++]! > 127);
          break
        case 1:
          p += 8
          break
        case 2: {
          let length = b[p++]!
          if (length > 127) {
            length &= 127
            let shift = 7
            let byte = 128
            while (byte > 127) {
              byte = b[p++]!
              if (shift < 32) length |= (byte & 127) << shift
              shift += 7
            }
          }
          start = p
          p += length
          break
        }
        default:
          p += 4
      }
      if (number === field) {
        found = start
        this.#end = p
      }
    }
    return found
  }

  has(node: number, field: number): boolean {
    const start = this.#find(node, field)
    return start >= 0 && this.#isLastOfOneof(node, field, start)
  }

  // as_double and as_int of points and exemplars are one value: the one sent last counts.
  #isLastOfOneof(node: number, field: number, start: number): boolean {
    const schema = this.field(node, field)
    if (schema === undefined || schema.oneof !== 'value') return true
    const end = this.#end
    const other = this.#find(node, field === 6 ? (this.kind(node) === nodeKind.point ? 4 : 3) : 6)
    this.#end = end
    return other < start
  }

  #value(node: number, field: number): number {
    const start = this.#find(node, field)
    return start >= 0 && this.#isLastOfOneof(node, field, start) ? start : -1
  }

  /** Definition of a field of a node's message. */
  field(node: number, field: number): FieldSchema | undefined {
    return field < 32 ? fields[(this.message(node) << 5) | field] : undefined
  }

  uint32(node: number, field: number): number {
    const start = this.#value(node, field)
    return start < 0 ? 0 : integer32(this.decoder, this.field(node, field), start)
  }

  uint64(node: number, field: number): bigint {
    const start = this.#value(node, field)
    return start < 0 ? 0n : integer64(this.decoder, this.field(node, field), start)
  }

  double(node: number, field: number): number {
    const start = this.#value(node, field)
    if (start < 0 || this.field(node, field)?.type !== 'double') return 0
    return this.decoder.data.getFloat64(start, true)
  }

  string(node: number, field: number): string {
    const start = this.#find(node, field)
    return start < 0 || !isText(this.field(node, field)) ? '' : this.decoder.text.read(start, this.#end)
  }

  bytes(node: number, field: number): Uint8Array {
    const start = this.#find(node, field)
    return start < 0 || !isText(this.field(node, field)) ? empty : this.source.subarray(start, this.#end)
  }

  equals(node: number, field: number, value: Uint8Array): boolean {
    const start = this.#find(node, field)
    if (start < 0) return value.length === 0
    return this.#same(start, this.#end, value)
  }

  #same(start: number, end: number, value: Uint8Array): boolean {
    const n = value.length
    if (end - start !== n) return false
    const b = this.source
    for (let i = 0; i < n; i++) if (b[start + i] !== value[i]) return false
    return true
  }

  anyValue(node: number, field: number): AnyValue {
    if (this.field(node, field)?.message !== 'AnyValue') return undefined
    const start = this.#find(node, field)
    return start < 0 ? undefined : this.decoder.anyValue(start, this.#end)
  }

  // Start of a field of the nested message that the node points to, or -1.
  #inner(node: number, field: number): number {
    const row = node * nodeStride
    return this.#scan(this.#nodes[row + nodeInnerStart]!, this.#nodes[row + nodeInnerEnd]!, field, 0x7fffffff)
  }

  scopeName(scope: number): string {
    const start = this.#inner(scope, 1)
    return start < 0 || this.kind(scope) !== nodeKind.scope ? '' : this.decoder.text.read(start, this.#end)
  }

  scopeVersion(scope: number): string {
    const start = this.#inner(scope, 2)
    return start < 0 || this.kind(scope) !== nodeKind.scope ? '' : this.decoder.text.read(start, this.#end)
  }

  statusCode(record: number): number {
    if (this.message(record) !== spanId) return 0
    const start = this.#inner(record, 3)
    return start < 0 ? 0 : integer32(this.decoder, undefined, start) | 0
  }

  statusMessage(record: number): string {
    if (this.message(record) !== spanId) return ''
    const start = this.#inner(record, 2)
    return start < 0 ? '' : this.decoder.text.read(start, this.#end)
  }

  metricType(record: number): number {
    if (this.message(record) !== metricId) return 0
    const inner = this.#nodes[record * nodeStride + nodeInnerStart]!
    for (const field of metricDataFields) if (inner > 0 && this.#find(record, field) === inner) return field
    return 0
  }

  aggregationTemporality(record: number): number {
    const type = this.metricType(record)
    if (type !== 7 && type !== 9 && type !== 10) return 0
    const start = this.#inner(record, 2)
    return start < 0 ? 0 : integer32(this.decoder, undefined, start) | 0
  }

  isMonotonic(record: number): boolean {
    if (this.metricType(record) !== 7) return false
    const start = this.#inner(record, 3)
    return start >= 0 && this.decoder.bool(start)
  }

  attributeCount(node: number): number {
    return this.#nodes[node * nodeStride + nodeAttributeCount]!
  }

  attributeAt(node: number, position: number): number {
    return this.#nodes[node * nodeStride + nodeFirstAttribute]! + position
  }

  findAttribute(node: number, key: AttributeKey): number {
    const row = node * nodeStride
    const first = this.#nodes[row + nodeFirstAttribute]!
    const end = first + this.#nodes[row + nodeAttributeCount]!
    const a = this.#attributes
    const b = this.source
    const utf8 = key.utf8
    const n = utf8.length
    for (let attribute = first; attribute < end; attribute++) {
      const at = attribute * attributeStride
      if (a[at + 1]! >>> 4 !== n) continue
      const start = a[at]!
      let i = n - 1
      // From the end: keys of one namespace differ there.
      while (i >= 0 && b[start + i] === utf8[i]) i--
      if (i < 0) return attribute
    }
    return -1
  }

  /** Whether an attribute has this key. */
  hasKey(attribute: number, key: AttributeKey): boolean {
    const row = attribute * attributeStride
    const start = this.#attributes[row]!
    return this.#same(start, start + (this.#attributes[row + 1]! >>> 4), key.utf8)
  }

  attributeKey(attribute: number): string {
    const row = attribute * attributeStride
    const start = this.#attributes[row]!
    return this.decoder.text.read(start, start + (this.#attributes[row + 1]! >>> 4))
  }

  attributeType(attribute: number): ValueType {
    return (this.#attributes[attribute * attributeStride + 1]! & 15) as ValueType
  }

  attributeString(attribute: number): string | undefined {
    const row = attribute * attributeStride
    if ((this.#attributes[row + 1]! & 15) !== 1) return undefined
    return this.decoder.text.read(this.#attributes[row + 2]!, this.#attributes[row + 3]!)
  }

  attributeValue(attribute: number): AnyValue {
    const row = attribute * attributeStride
    const start = this.#attributes[row + 2]!
    const end = this.#attributes[row + 3]!
    switch (this.#attributes[row + 1]! & 15) {
      case 1:
        return this.decoder.text.read(start, end)
      case 2:
        return this.decoder.bool(start)
      case 3:
        return this.decoder.int64(start)
      case 4:
        return this.decoder.data.getFloat64(start, true)
      case 5:
        return { list: this.decoder.list(start, end) }
      case 6:
        return { kvlist: this.decoder.kvlist(start, end) }
      case 7:
        return this.source.slice(start, end)
      default:
        return undefined
    }
  }

  attributeEquals(attribute: number, value: Uint8Array): boolean {
    const row = attribute * attributeStride
    if ((this.#attributes[row + 1]! & 15) !== 1) return false
    return this.#same(this.#attributes[row + 2]!, this.#attributes[row + 3]!, value)
  }
}

const metricDataFields = [5, 7, 9, 10, 11]
const empty = new Uint8Array(0)

function isText(field: FieldSchema | undefined): boolean {
  return field?.type === 'string' || field?.type === 'bytes'
}

/** Reads an integer field by its definition; without one, as an unsigned varint. */
export function integer32(decoder: Decoder, field: FieldSchema | undefined, start: number): number {
  switch (field?.type) {
    case 'fixed32':
    case 'fixed64':
    case 'sfixed64':
      return decoder.data.getUint32(start, true)
    case 'bool':
      return decoder.bool(start) ? 1 : 0
    case 'enum':
      return decoder.uint32(start) | 0
    case 'sint32':
      return zigzag(decoder.uint32(start))
    case 'double':
    case 'string':
    case 'bytes':
    case 'message':
      return 0
    default:
      return decoder.uint32(start)
  }
}

/** Reads an integer field by its definition, exactly. */
export function integer64(decoder: Decoder, field: FieldSchema | undefined, start: number): bigint {
  switch (field?.type) {
    case 'fixed64':
      return decoder.data.getBigUint64(start, true)
    case 'sfixed64':
      return decoder.data.getBigInt64(start, true)
    case 'int64':
      return decoder.int64(start)
    case 'uint64':
      return decoder.uint64(start)
    default:
      return BigInt(integer32(decoder, field, start))
  }
}
