// SPDX-License-Identifier: Apache-2.0
import { maxValueDepth } from '../encode/any-value.ts'
import type { Signal } from '../model/resource.ts'
import { plainBytes } from '../proto/plain-bytes.ts'
import { baseEntries } from './entry-limits.ts'
import {
  action,
  actions,
  attributeStride,
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

/** Counts of a request that is right. */
export interface PlainCounts {
  readonly itemCount: number
  readonly nodeCount: number
  readonly attributeCount: number
  readonly unknownFieldCount: number
}

/** Where to note nodes and attributes; both must be long enough. */
export interface PlainTables {
  readonly nodes: Int32Array
  readonly attributes: Int32Array
}

// Longer requests, and those with more entries, are measured against the limits by `buildIndex`: below, none can be hit.
const maxPlainBytes = 1024 * 1024
const maxPlainEntries = baseEntries

const spanId = messageId('Span')
const metricId = messageId('Metric')
const noRows = new Int32Array(0)

/**
 * Checks a request that has the shape nearly all have, in half the time that `buildIndex` takes, and counts what is in
 * it. Undefined means no more than that its shape is another: lengths in more bytes than needed, parts that came twice,
 * too many entries, or something wrong. `buildIndex` tells. With `tables` it writes the rows of the index too, the same
 * that `buildIndex` makes.
 */
export function walkPlain(signal: Signal, bytes: Uint8Array, tables?: PlainTables): PlainCounts | undefined {
  if (bytes.length > maxPlainBytes) return undefined
  const walk = new PlainWalk(bytes, itemKinds[signal], tables)
  if (!walk.message(rootIds[signal], 0, bytes.length, -1)) return undefined
  const { itemCount, nodeCount, attributeCount, unknownFieldCount } = walk
  return { itemCount, nodeCount, attributeCount, unknownFieldCount }
}

// Nothing here asks whether bytes remain. Reads past the end give undefined, which matches no tag and makes every end
// computed from it NaN; and a message is accepted only if its last field ends exactly where it does.
class PlainWalk {
  itemCount = 0
  nodeCount = 0
  attributeCount = 0
  unknownFieldCount = 0
  readonly #bytes: Uint8Array
  readonly #itemKind: number
  readonly #keeps: boolean
  readonly #nodes: Int32Array
  readonly #attributes: Int32Array
  // Elements of values and of lists, and numbers of lists.
  #elementCount = 0
  // Whether the fields of the message read last were out of order.
  #disorder = false

  constructor(bytes: Uint8Array, itemKind: number, tables: PlainTables | undefined) {
    this.#bytes = plainBytes(bytes)
    this.#itemKind = itemKind
    this.#keeps = tables !== undefined
    this.#nodes = tables?.nodes ?? noRows
    this.#attributes = tables?.attributes ?? noRows
  }

  message(message: number, p: number, end: number, node: number): boolean {
    const b = this.#bytes
    const table = actions
    const base = message << 8
    let previous = 0
    // Negative: some tag was smaller than the one before.
    let disorder = 0
    // Bit 0: attributes; the others: singular messages by field number.
    let seen = 0
    if (message === spanId) {
      // Ids, name, kind and times, as every exporter begins a span: read without the table, they take 10 ns less.
      if (b[p] === 0x0a && b[p + 1] === 16) {
        p += 18
        previous = 0x0a
      }
      if (b[p] === 0x12 && b[p + 1] === 8) {
        p += 10
        previous = 0x12
      }
      if (b[p] === 0x22 && b[p + 1] === 8) {
        p += 10
        previous = 0x22
      }
      if (b[p] === 0x2a && b[p + 1]! < 128) {
        p += 2 + b[p + 1]!
        previous = 0x2a
      }
      if (b[p] === 0x30 && b[p + 1]! < 128) {
        p += 2
        previous = 0x30
      }
      if (b[p] === 0x39) {
        p += 9
        previous = 0x39
      }
      if (b[p] === 0x41) {
        p += 9
        previous = 0x41
      }
    }
    while (p < end) {
      const at = p
      let tag = b[p++]!
      if (tag > 127) {
        const high = b[p++]!
        if (high > 127) return false
        tag = (tag & 127) | (high << 7)
      }
      disorder |= tag - previous
      previous = tag
      const todo = tag < 256 ? table[base | tag]! : action.unknown
      if (todo === action.fixed64) {
        p += 8
        continue
      }
      if (todo === action.varint) {
        while (p < end && b[p]! > 127) p++
        if (p - at > 10) return false
        p++
        continue
      }
      if (todo === action.fixed32) {
        p += 4
        continue
      }
      if (todo === action.attribute) {
        // A second run: whether it belongs to the first depends on what lay between.
        if ((seen & 1) !== 0) return false
        seen |= 1
        p = this.#attributeRun(tag, p, end, node)
        if (p < 0) return false
        continue
      }
      if (todo === action.unknown) {
        const wire = tag & 7
        if (tag < 8 || wire === 3 || wire === 4 || wire > 5) return false
        this.unknownFieldCount++
        if (wire !== 2) {
          if (wire === 1) p += 8
          else if (wire === 5) p += 4
          else {
            const start = p
            while (p < end && b[p]! > 127) p++
            if (p - start > 9) return false
            p++
          }
          continue
        }
      }
      let length = b[p++]!
      if (length > 127) {
        const middle = b[p++]!
        length = (length & 127) | ((middle & 127) << 7)
        if (middle > 127) {
          const high = b[p++]!
          if (high > 127) return false
          length |= high << 14
        }
      }
      const start = p
      p += length
      if (todo === action.text || todo === action.unknown) continue
      if (!(p <= end)) return false
      switch (todo) {
        case action.child:
          if (!this.#child(nestedMessages[(message << 5) | (tag >>> 3)]!, at, start, p, node)) return false
          break
        case action.single: {
          const inner = nestedMessages[(message << 5) | (tag >>> 3)]!
          // All members of Metric.data count as one.
          const bit = message === metricId ? 2 : 2 << (tag >>> 3)
          if ((seen & bit) !== 0) return false
          seen |= bit
          if (this.#keeps && node >= 0 && innerMessages[inner]! === 1) {
            const own = node * nodeStride
            this.#nodes[own + nodeInnerStart] = start
            this.#nodes[own + nodeInnerEnd] = p
          }
          if (!this.message(inner, start, p, node)) return false
          break
        }
        case action.value: {
          const bit = 2 << (tag >>> 3)
          if ((seen & bit) !== 0) return false
          seen |= bit
          if (this.#value(start, p, 1) < 0) return false
          break
        }
        case action.nested:
          if (!this.#countElement() || !this.message(nestedMessages[(message << 5) | (tag >>> 3)]!, start, p, -1)) {
            return false
          }
          break
        case action.listedText:
          if (!this.#countElement()) return false
          break
        case action.packed64:
          this.#elementCount += length >>> 3
          if ((length & 7) !== 0) return false
          break
        case action.packedVarint:
          if (!this.#packed(start, p)) return false
          break
        default:
          return false
      }
    }
    this.#disorder = disorder < 0
    return p === end
  }

  #child(message: number, at: number, start: number, end: number, parent: number): boolean {
    const node = this.nodeCount++
    if (this.#isOver()) return false
    const kind = kindOfMessage[message]!
    if (kind === this.#itemKind) this.itemCount++
    if (!this.#keeps) return this.message(message, start, end, node)
    const nodes = this.#nodes
    const row = node * nodeStride
    nodes[row + nodeInfo] = kind | (message << 3)
    nodes[row + nodeParent] = parent
    nodes[row + nodeField] = at
    nodes[row + nodeStart] = start
    nodes[row + nodeEnd] = end
    nodes[row + nodeFirstAttribute] = 0
    nodes[row + nodeAttributeCount] = 0
    nodes[row + nodeInnerStart] = 0
    nodes[row + nodeInnerEnd] = 0
    if (!this.message(message, start, end, node)) return false
    nodes[row + nodeSubtreeEnd] = this.nodeCount
    if (this.#disorder) nodes[row + nodeInfo]! |= outOfOrder
    return true
  }

  // From the length of the first attribute, whose tag is read, to the end of the last; -1 = look closer.
  #attributeRun(tag: number, p: number, end: number, node: number): number {
    const b = this.#bytes
    const a = this.#attributes
    const keeps = this.#keeps
    const first = this.attributeCount
    let row = first * attributeStride
    let count = 0
    for (;;) {
      let length = b[p++]!
      if (length > 127) {
        const high = b[p++]!
        if (high > 127) return -1
        length = (length & 127) | (high << 7)
      }
      const next = p + length
      const keyLength = b[p + 1]!
      if (b[p] !== 0x0a || keyLength > 127) return -1
      const keyStart = p + 2
      p = keyStart + keyLength
      if (b[p] !== 0x12) return -1
      let valueLength = b[p + 1]!
      p += 2
      if (valueLength > 127) {
        const high = b[p++]!
        if (high > 127) return -1
        valueLength = (valueLength & 127) | (high << 7)
      }
      if (p + valueLength !== next || next > end) return -1
      const valueTag = b[p]!
      let content = p + 1
      if (valueTag === 0x0a) {
        let size = b[content++]!
        if (size > 127) {
          const high = b[content++]!
          if (high > 127) return -1
          size = (size & 127) | (high << 7)
        }
        if (content + size !== next) return -1
      } else if (valueTag === 0x18) {
        let last = content
        while (last < next && b[last]! > 127) last++
        if (last + 1 !== next || last - p > 10) return -1
      } else {
        content = this.#value(p, next, 1)
        if (content < 0) return -1
      }
      count++
      if (keeps) {
        a[row] = keyStart
        a[row + 1] = (keyLength << 4) | (content === next && valueLength === 0 ? 0 : valueTag >>> 3)
        a[row + 2] = content
        a[row + 3] = next
        row += attributeStride
      }
      p = next
      if (p >= end || b[p] !== tag) break
      p++
    }
    this.attributeCount += count
    if (this.#isOver()) return -1
    if (keeps && node >= 0) {
      const own = node * nodeStride
      this.#nodes[own + nodeFirstAttribute] = first
      this.#nodes[own + nodeAttributeCount] = count
    }
    return p
  }

  // Start of the content of an AnyValue that is empty, or of one field that fills it; -1 = look closer.
  #value(p: number, end: number, depth: number): number {
    const b = this.#bytes
    if (depth > maxValueDepth) return -1
    if (p === end) return p
    const tag = b[p++]!
    if (tag === 0x21) return p + 8 === end ? p : -1
    if (tag === 0x10 || tag === 0x18) {
      let last = p
      while (last < end && b[last]! > 127) last++
      return last + 1 === end && last - p < 10 ? p : -1
    }
    if (tag !== 0x0a && tag !== 0x2a && tag !== 0x32 && tag !== 0x3a) return -1
    let length = b[p++]!
    if (length > 127) {
      const high = b[p++]!
      if (high > 127) return -1
      length = (length & 127) | (high << 7)
    }
    if (p + length !== end) return -1
    if (tag === 0x2a || tag === 0x32) return this.#elements(tag === 0x2a, p, end, depth) ? p : -1
    return p
  }

  #elements(isArray: boolean, p: number, end: number, depth: number): boolean {
    const b = this.#bytes
    while (p < end) {
      if (b[p++] !== 0x0a || !this.#countElement()) return false
      let length = b[p++]!
      if (length > 127) {
        const high = b[p++]!
        if (high > 127) return false
        length = (length & 127) | (high << 7)
      }
      const next = p + length
      if (!(next <= end)) return false
      if (!isArray) {
        const keyLength = b[p + 1]!
        if (b[p] !== 0x0a || keyLength > 127) return false
        p += 2 + keyLength
        if (b[p] !== 0x12) return false
        let valueLength = b[p + 1]!
        p += 2
        if (valueLength > 127) {
          const high = b[p++]!
          if (high > 127) return false
          valueLength = (valueLength & 127) | (high << 7)
        }
        if (p + valueLength !== next) return false
      }
      if (this.#value(p, next, depth + 1) < 0) return false
      p = next
    }
    return true
  }

  #packed(p: number, end: number): boolean {
    const b = this.#bytes
    while (p < end) {
      const start = p
      while (p < end && b[p]! > 127) p++
      if (p === end || p - start > 9) return false
      p++
      this.#elementCount++
    }
    return true
  }

  #countElement(): boolean {
    this.#elementCount++
    return !this.#isOver()
  }

  #isOver(): boolean {
    return this.nodeCount + this.attributeCount + this.#elementCount > maxPlainEntries
  }
}
