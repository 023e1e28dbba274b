// SPDX-License-Identifier: Apache-2.0
import { maxValueDepth } from '../encode/any-value.ts'
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { plainBytes } from '../proto/plain-bytes.ts'
import { messageNames } from '../proto/schema.ts'
import type { EntryLimits } from './entry-limits.ts'
import {
  action,
  actions,
  attributeStride,
  fields,
  innerMessages,
  itemKinds,
  kindOfMessage,
  messageId,
  nestedMessages,
  nodeAttributeCount,
  nodeEnd,
  nodeField,
  nodeFirstAttribute,
  nodeInfo,
  nodeInnerEnd,
  nodeInnerStart,
  nodeParent,
  nodeStart,
  nodeStride,
  nodeSubtreeEnd,
  outOfOrder,
  rootIds,
} from './tables.ts'

/** Offsets of everything in one request. */
export interface IndexTables {
  readonly nodes: Int32Array
  readonly attributes: Int32Array
  readonly itemCount: number
  readonly unknownFieldCount: number
  /** Singular messages or values occur in several parts: the request must be normalised and indexed again. */
  readonly split: boolean
}

// Lengths of keys share an int32 with the type of the value.
const maxChunkBytes = 0x7ffffff

const metricId = messageId('Metric')
const keyValueId = messageId('KeyValue')
const anyValueId = messageId('AnyValue')
const arrayValueId = messageId('ArrayValue')
const keyValueListId = messageId('KeyValueList')
const resourceId = messageId('Resource')

// Tables are built in arrays that stay, then copied with exact length; arrays that one huge request has blown up go.
const keptLength = 1 << 20
let nodeScratch = new Int32Array(nodeStride * 1024)
let attributeScratch = new Int32Array(attributeStride * 8192)

/**
 * Checks the structure of a request and notes where its parts are. Throws an OtlpError that names message, field,
 * offset, claimed and remaining bytes. Groups (wire types 3 and 4), which proto3 does not have, are refused. So are
 * requests beyond the limits, before memory is taken for what is too much.
 */
export function buildIndex(signal: Signal, bytes: Uint8Array, limits: EntryLimits): IndexTables {
  if (bytes.length > maxChunkBytes) {
    throw otlpError(
      'OTLP_TOO_LARGE',
      `${signal} request: has ${bytes.length} bytes; allowed are ${maxChunkBytes} in one request; request refused`,
    )
  }
  const builder = new IndexBuilder(bytes, itemKinds[signal], limits)
  builder.walk(rootIds[signal], 0, bytes.length, -1)
  return builder.finish()
}

class IndexBuilder {
  readonly #bytes: Uint8Array
  readonly #itemKind: number
  readonly #limits: EntryLimits
  // Where the next row would be beyond the limit or the array.
  #nodesEnd: number
  #attributesEnd: number
  #nodes = nodeScratch
  #attributes = attributeScratch
  #nodeCount = 0
  #attributeCount = 0
  #itemCount = 0
  // What takes room only when it is decoded: elements of values and of lists, and numbers of lists.
  #elementCount = 0
  #numberCount = 0
  #unknownFieldCount = 0
  #split = false
  // Results of #varint, #anyValue beside the return value.
  #next = 0
  #valueStart = 0
  #valueEnd = 0

  constructor(bytes: Uint8Array, itemKind: number, limits: EntryLimits) {
    this.#bytes = plainBytes(bytes)
    this.#itemKind = itemKind
    this.#limits = limits
    this.#nodesEnd = Math.min(this.#nodes.length, limits.maxEntries * nodeStride)
    this.#attributesEnd = Math.min(this.#attributes.length, limits.maxEntries * attributeStride)
  }

  finish(): IndexTables {
    const nodes = this.#nodes.slice(0, this.#nodeCount * nodeStride)
    const attributes = this.#attributes.slice(0, this.#attributeCount * attributeStride)
    if (this.#nodes.length <= keptLength) nodeScratch = this.#nodes
    if (this.#attributes.length <= keptLength) attributeScratch = this.#attributes
    return {
      nodes,
      attributes,
      itemCount: this.#itemCount,
      unknownFieldCount: this.#unknownFieldCount,
      split: this.#split,
    }
  }

  /** Goes through one message; `node` is the row that its attributes belong to. The cursor is a local: a field costs 2-3 times as much. */
  walk(message: number, p: number, end: number, node: number): void {
    const b = this.#bytes
    const table = actions
    const base = message << 8
    let previous = 0
    let seen = 0
    while (p < end) {
      const at = p
      let tag = b[p++]!
      if (tag > 127) {
        // Tags and lengths of two bytes are common; calling for them costs more than the whole field.
        if (p < end && b[p]! < 128) tag = (tag & 127) | (b[p++]! << 7)
        else {
          tag = this.#varint(message, at, end)
          p = this.#next
        }
      }
      const todo = tag < 256 ? table[base | tag]! : action.unknown
      if (tag < previous && node >= 0) this.#nodes[node * nodeStride + nodeInfo]! |= outOfOrder
      previous = tag
      if (todo === action.varint) {
        if (p < end && b[p]! < 128) p++
        else {
          this.#varint(message, p, end)
          p = this.#next
        }
        continue
      }
      if (todo === action.fixed64) {
        p += 8
        if (p > end) throw this.#truncated(message, tag, p - 8, 8, end)
        continue
      }
      if (todo === action.fixed32) {
        p += 4
        if (p > end) throw this.#truncated(message, tag, p - 4, 4, end)
        continue
      }
      if (todo === action.unknown) {
        p = this.#unknown(message, tag, at, p, end)
        continue
      }
      if (todo === action.attribute) {
        p = this.#attributeRun(message, tag, p, end, node)
        continue
      }
      if (todo === action.unpacked) {
        this.#numberCount++
        if ((tag & 7) === 0) {
          this.#varint(message, p, end)
          p = this.#next
        } else {
          p += 8
          if (p > end) throw this.#truncated(message, tag, p - 8, 8, end)
        }
        continue
      }
      if (todo === action.wrongWireType) throw this.#wrongWireType(message, tag, at)
      let length = 0
      if (p < end && b[p]! < 128) length = b[p++]!
      else if (p + 1 < end && b[p + 1]! < 128) {
        length = (b[p]! & 127) | (b[p + 1]! << 7)
        p += 2
      } else {
        length = this.#varint(message, p, end)
        p = this.#next
      }
      const start = p
      p += length
      if (p > end) throw this.#truncated(message, tag, start, length, end)
      switch (todo) {
        case action.child:
          this.#child(nestedMessages[(message << 5) | (tag >>> 3)]!, at, start, p, node)
          break
        case action.text:
          break
        case action.listedText:
          this.#countElement(message, at)
          break
        case action.packed64:
          this.#numberCount += length >>> 3
          if ((length & 7) !== 0) throw this.#truncated(message, tag, p - (length & 7), 8, p)
          break
        case action.packedVarint:
          this.#packed(message, start, p)
          break
        case action.nested:
          this.#countElement(message, at)
          this.walk(nestedMessages[(message << 5) | (tag >>> 3)]!, start, p, -1)
          break
        case action.single: {
          const inner = nestedMessages[(message << 5) | (tag >>> 3)]!
          // All members of Metric.data count as one.
          const bit = message === metricId ? 1 : 1 << (tag >>> 3)
          if ((seen & bit) !== 0) this.#again(message, at)
          seen |= bit
          if (node >= 0 && innerMessages[inner]! === 1) {
            const own = node * nodeStride
            this.#nodes[own + nodeInnerStart] = start
            this.#nodes[own + nodeInnerEnd] = p
          }
          this.#inner(inner, start, p, node)
          break
        }
        default: {
          const bit = 1 << (tag >>> 3)
          if ((seen & bit) !== 0) this.#again(message, at)
          seen |= bit
          this.#anyValue(start, p, 1)
        }
      }
    }
  }

  // Attributes and points inside belong to the node; its own field order is not disturbed by theirs.
  #inner(message: number, start: number, end: number, node: number): void {
    const info = node < 0 ? 0 : this.#nodes[node * nodeStride + nodeInfo]!
    const elementsBefore = this.#elementCount
    this.walk(message, start, end, node)
    if (message === resourceId) this.#checkUnit(message, start, this.#elementCount - elementsBefore)
    if (node >= 0) this.#nodes[node * nodeStride + nodeInfo] = info
  }

  #child(message: number, at: number, start: number, end: number, parent: number): void {
    const node = this.#nodeCount++
    const row = node * nodeStride
    if (row + nodeStride > this.#nodesEnd) this.#growNodes(message, at)
    const kind = kindOfMessage[message]!
    const isItem = kind === this.#itemKind
    const entriesBefore = isItem ? this.#entryCount : 0
    const nodes = this.#nodes
    nodes[row + nodeInfo] = kind | (message << 3)
    nodes[row + nodeParent] = parent
    nodes[row + nodeField] = at
    nodes[row + nodeStart] = start
    nodes[row + nodeEnd] = end
    nodes[row + nodeFirstAttribute] = 0
    nodes[row + nodeAttributeCount] = 0
    nodes[row + nodeInnerStart] = 0
    nodes[row + nodeInnerEnd] = 0
    this.walk(message, start, end, node)
    this.#nodes[row + nodeSubtreeEnd] = this.#nodeCount
    if (!isItem) {
      if (end - start > this.#limits.maxEnvelopeBytes) this.#checkEnvelope(node)
      return
    }
    this.#itemCount++
    this.#checkUnit(message, at, this.#entryCount - entriesBefore)
  }

  get #entryCount(): number {
    return this.#nodeCount + this.#attributeCount + this.#elementCount + this.#numberCount
  }

  // Attributes come in runs: from the length of the first, whose tag is read, to the end of the last. What nearly every
  // attribute looks like is read here without a loop over fields: key, then a value that fills the rest, with one field
  // that fills the value. One loop with locals costs a third of a call for each attribute.
  #attributeRun(message: number, tag: number, p: number, end: number, node: number): number {
    const b = this.#bytes
    let a = this.#attributes
    const first = this.#attributeCount
    const elementsBefore = this.#elementCount
    let rowsEnd = this.#attributesEnd
    let row = first * attributeStride
    for (;;) {
      let length = 0
      if (p < end && b[p]! < 128) length = b[p++]!
      else {
        length = this.#varint(message, p, end)
        p = this.#next
      }
      const start = p
      p += length
      if (p > end) throw this.#truncated(message, tag, start, length, end)
      if (row + attributeStride > rowsEnd) {
        a = this.#growAttributes(message, start)
        rowsEnd = this.#attributesEnd
      }
      let type = 0
      let from = 0
      let keyLength = 0
      if (length >= 6 && b[start] === 0x0a) {
        keyLength = b[start + 1]!
        const q = start + 2 + keyLength
        if (keyLength < 128 && q + 4 <= p && b[q] === 0x12) {
          from = q + 2
          let valueLength = b[q + 1]!
          if (valueLength > 127) {
            valueLength = (valueLength & 127) | (b[from]! << 7)
            // A third byte: leave it to the general path.
            if (b[from++]! > 127) valueLength = -1
          }
          if (from + valueLength === p) {
            const valueTag = b[from++]!
            if (valueTag === 0x0a) {
              let size = b[from++]!
              if (size > 127 && from < p) {
                size = (size & 127) | (b[from]! << 7)
                if (b[from++]! > 127) size = -1
              }
              if (from + size === p) type = 1
            } else if (valueTag === 0x18 || valueTag === 0x10) {
              let last = from
              while (last < p && b[last]! > 127) last++
              if (last + 1 === p && last - from < 10) type = valueTag >>> 3
            } else if (valueTag === 0x21 && from + 8 === p) type = 4
          }
        }
      }
      if (type !== 0) {
        a[row] = start + 2
        a[row + 1] = (keyLength << 4) | type
        a[row + 2] = from
        a[row + 3] = p
      } else this.#keyValue(start, p, row, 1)
      row += attributeStride
      if (p >= end || b[p] !== tag) break
      p++
    }
    const count = row / attributeStride - first
    this.#attributeCount += count
    const own = node * nodeStride
    const nodes = this.#nodes
    const ownCount = nodes[own + nodeAttributeCount]!
    if (ownCount === 0) nodes[own + nodeFirstAttribute] = first
    else if (nodes[own + nodeFirstAttribute]! + ownCount !== first) this.#split = true
    nodes[own + nodeAttributeCount] = ownCount + count
    this.#checkUnit(message, p, ownCount + count + this.#elementCount - elementsBefore)
    return p
  }

  // Any KeyValue; row -1 = only check it.
  #keyValue(p: number, end: number, row: number, depth: number): void {
    let keyStart = p
    let keyLength = 0
    let type = 0
    let valueStart = p
    let valueEnd = p
    let valueCount = 0
    while (p < end) {
      const at = p
      const tag = this.#varint(keyValueId, p, end)
      p = this.#next
      if (tag !== 0x0a && tag !== 0x12) {
        if (tag >>> 3 === 1 || tag >>> 3 === 2) throw this.#wrongWireType(keyValueId, tag, at)
        p = this.#unknown(keyValueId, tag, at, p, end)
        continue
      }
      const length = this.#varint(keyValueId, p, end)
      const start = this.#next
      p = start + length
      if (p > end) throw this.#truncated(keyValueId, tag, start, length, end)
      if (tag === 0x0a) {
        keyStart = start
        keyLength = length
        continue
      }
      if (valueCount++ > 0) this.#again(keyValueId, at)
      type = this.#anyValue(start, p, depth)
      valueStart = this.#valueStart
      valueEnd = this.#valueEnd
    }
    if (row < 0) return
    const a = this.#attributes
    a[row] = keyStart
    a[row + 1] = (keyLength << 4) | type
    a[row + 2] = valueStart
    a[row + 3] = valueEnd
  }

  // Returns the type; #valueStart and #valueEnd bound the content.
  #anyValue(p: number, end: number, depth: number): number {
    if (depth > maxValueDepth) throw this.#tooDeep(p)
    let type = 0
    let start = p
    let contentEnd = p
    while (p < end) {
      const at = p
      const tag = this.#varint(anyValueId, p, end)
      p = this.#next
      const number = tag >>> 3
      const todo = tag < 256 ? actions[(anyValueId << 8) | tag]! : action.unknown
      if (todo === action.unknown) {
        p = this.#unknown(anyValueId, tag, at, p, end)
        continue
      }
      if (todo === action.wrongWireType) throw this.#wrongWireType(anyValueId, tag, at)
      if (type !== 0) this.#again(anyValueId, at)
      type = number
      start = p
      if (todo === action.varint) {
        this.#varint(anyValueId, p, end)
        p = this.#next
      } else if (todo === action.fixed64) {
        p += 8
        if (p > end) throw this.#truncated(anyValueId, tag, start, 8, end)
      } else {
        const length = this.#varint(anyValueId, p, end)
        start = this.#next
        p = start + length
        if (p > end) throw this.#truncated(anyValueId, tag, start, length, end)
        if (todo === action.single) this.#elements(number === 5, start, p, depth)
      }
      contentEnd = p
    }
    this.#valueStart = start
    this.#valueEnd = contentEnd
    return type
  }

  #elements(isArray: boolean, p: number, end: number, depth: number): void {
    const message = isArray ? arrayValueId : keyValueListId
    while (p < end) {
      const at = p
      const tag = this.#varint(message, p, end)
      p = this.#next
      if (tag !== 0x0a) {
        if (tag >>> 3 === 1) throw this.#wrongWireType(message, tag, at)
        p = this.#unknown(message, tag, at, p, end)
        continue
      }
      const length = this.#varint(message, p, end)
      const start = this.#next
      p = start + length
      if (p > end) throw this.#truncated(message, tag, start, length, end)
      this.#countElement(message, at)
      if (isArray) this.#anyValue(start, p, depth + 1)
      else this.#keyValue(start, p, -1, depth + 1)
    }
  }

  #packed(message: number, p: number, end: number): void {
    while (p < end) {
      this.#numberCount++
      this.#varint(message, p, end)
      p = this.#next
    }
  }

  #unknown(message: number, tag: number, at: number, p: number, end: number): number {
    if (tag < 8 || tag > 0xffffffff) throw this.#badFieldNumber(message, tag, at)
    this.#unknownFieldCount++
    let length = 0
    switch (tag & 7) {
      case 0:
        this.#varint(message, p, end)
        return this.#next
      case 1:
        length = 8
        break
      case 2:
        length = this.#varint(message, p, end)
        p = this.#next
        break
      case 5:
        length = 4
        break
      default:
        throw this.#wrongWireType(message, tag, at)
    }
    if (p + length > end) throw this.#truncated(message, tag, p, length, end)
    return p + length
  }

  // Any varint, as a double: exact to 2^53, and larger ones are refused wherever the value matters.
  #varint(message: number, p: number, end: number): number {
    const b = this.#bytes
    const start = p
    let value = 0
    let factor = 1
    while (p < end) {
      const byte = b[p++]!
      value += (byte & 127) * factor
      if (byte < 128) {
        this.#next = p
        return value
      }
      factor *= 128
      if (p - start === 10) throw this.#longVarint(message, start)
    }
    throw otlpError(
      'OTLP_TRUNCATED',
      `${messageNames[message]}: varint at offset ${start} claims a byte after offset ${end - 1}, but 0 remain; request refused`,
    )
  }

  // A value that ought to stand once: the request must be written anew, which takes a note for each.
  #again(message: number, at: number): void {
    this.#split = true
    this.#countElement(message, at)
  }

  #countElement(message: number, at: number): void {
    if (++this.#elementCount > this.#limits.maxEntries) throw this.#tooMany(message, 'elements of values', at)
  }

  // Not asked for each element: what one item holds is bounded by the whole request's limit until it is over.
  #checkUnit(message: number, at: number, count: number): void {
    const allowed = this.#limits.maxUnitEntries
    if (count <= allowed) return
    throw otlpError(
      'OTLP_TOO_MANY',
      `${messageNames[message]}: holds ${count} attributes, elements and parts at offset ${at}; allowed are ${allowed}; request refused, send less in one`,
    )
  }

  #checkEnvelope(node: number): void {
    const nodes = this.#nodes
    const row = node * nodeStride
    let size = nodes[row + nodeEnd]! - nodes[row + nodeStart]!
    for (let child = node + 1; child < this.#nodeCount; child = nodes[child * nodeStride + nodeSubtreeEnd]!) {
      size -= nodes[child * nodeStride + nodeEnd]! - nodes[child * nodeStride + nodeField]!
    }
    const allowed = this.#limits.maxEnvelopeBytes
    if (size <= allowed) return
    const message = (nodes[row + nodeInfo]! >>> 3) & 63
    throw otlpError(
      'OTLP_TOO_LARGE',
      `${messageNames[message]}: at offset ${nodes[row + nodeField]} has ${size} bytes beside what it encloses; allowed are ${allowed}; request refused`,
    )
  }

  #tooMany(message: number, what: string, at: number): Error {
    const { maxEntries } = this.#limits
    return otlpError(
      'OTLP_TOO_MANY',
      `${messageNames[message]}: at offset ${at} the request has ${maxEntries + 1} ${what} in ${this.#bytes.length} bytes; allowed are ${maxEntries}; request refused, send smaller ones`,
    )
  }

  #growNodes(message: number, at: number): void {
    const most = this.#limits.maxEntries * nodeStride
    if (this.#nodesEnd === most) throw this.#tooMany(message, 'nodes', at)
    this.#nodes = grown(this.#nodes, most)
    this.#nodesEnd = this.#nodes.length
  }

  #growAttributes(message: number, at: number): Int32Array<ArrayBuffer> {
    const most = this.#limits.maxEntries * attributeStride
    if (this.#attributesEnd === most) throw this.#tooMany(message, 'attributes', at)
    this.#attributes = grown(this.#attributes, most)
    this.#attributesEnd = this.#attributes.length
    return this.#attributes
  }

  #truncated(message: number, tag: number, start: number, claimed: number, end: number): Error {
    return otlpError(
      'OTLP_TRUNCATED',
      `${messageNames[message]}: field ${fieldText(message, tag)} claims ${claimed} bytes at offset ${start}, but only ${Math.max(end - start, 0)} remain; request refused`,
    )
  }

  #wrongWireType(message: number, tag: number, at: number): Error {
    const expected = [0, 1, 2, 5].filter(
      (wire) =>
        fields[(message << 5) | ((tag >>> 3) & 31)]?.number !== tag >>> 3 ||
        actions[(message << 8) | ((tag & ~7) | wire)] !== action.wrongWireType,
    )
    return otlpError(
      'OTLP_WIRE_TYPE',
      `${messageNames[message]}: field ${fieldText(message, tag)} at offset ${at} has wire type ${tag & 7}; expected ${expected.join(' or ')}; request refused`,
    )
  }

  #badFieldNumber(message: number, tag: number, at: number): Error {
    return otlpError(
      'OTLP_WIRE_TYPE',
      `${messageNames[message]}: tag at offset ${at} has field number ${Math.floor(tag / 8)}; allowed are 1 to 536870911; request refused`,
    )
  }

  #longVarint(message: number, start: number): Error {
    return otlpError(
      'OTLP_VARINT',
      `${messageNames[message]}: varint at offset ${start} goes on after 10 bytes; allowed are 10; request refused`,
    )
  }

  #tooDeep(p: number): Error {
    return otlpError(
      'OTLP_NESTING',
      `AnyValue: at offset ${p} nested deeper than ${maxValueDepth}; allowed are ${maxValueDepth} levels; request refused`,
    )
  }
}

function grown(rows: Int32Array<ArrayBuffer>, most: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.min(rows.length * 2, most))
  larger.set(rows)
  return larger
}

function fieldText(message: number, tag: number): string {
  const number = tag >>> 3
  const field = number < 32 ? fields[(message << 5) | number] : undefined
  return field === undefined ? `${number}` : `${number} (${field.name})`
}
