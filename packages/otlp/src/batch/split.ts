// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { ProtoWriter, varintWidth } from '../proto/writer.ts'
import type { Batch } from './batch.ts'
import { Chunk } from './chunk.ts'
import { skipper } from './normalise.ts'
import { partsOf, StoredBatch } from './stored-batch.ts'
import {
  action,
  actions,
  itemKinds,
  type MessageId,
  nestedMessages,
  nodeEnd,
  nodeField,
  nodeInfo,
  nodeStart,
  nodeStride,
  nodeSubtreeEnd,
  rootIds,
} from './tables.ts'

/**
 * Batches of exactly `maxItems` spans, log records or data points, the last one of the rest, in order. Cuts at the
 * borders of items; what encloses a cut (resource, scope, metric, their unknown fields) stands in both halves. Requests
 * that are not cut stay as they are.
 *
 * @example
 * ```ts
 * import { batchFromJson, splitBatch } from '@otel-ts/otlp'
 * const text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{},{}]}]}]}'
 * const batches = splitBatch(batchFromJson('logs', new TextEncoder().encode(text)), 2)
 * console.log(batches.map((batch) => batch.itemCount)) // [ 2, 1 ]
 * ```
 */
export function splitBatch<S extends Signal>(batch: Batch<S>, maxItems: number): Batch<S>[] {
  return [...splitBatchStepwise(batch, maxItems)]
}

/**
 * As {@link splitBatch}, one batch at a time: each is cut when it is asked for, so that a large batch costs neither time
 * in one go nor memory for all pieces at once. With `maxBytes` a batch also ends before the items in it have more bytes
 * than that, unless it is a single one; what encloses them is not counted. Default: no limit of bytes. `firstMaxItems`
 * is the limit of the first batch alone, which may have to fill up another one.
 *
 * @example
 * ```ts
 * import { batchFromJson, splitBatchStepwise } from '@otel-ts/otlp'
 * const text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{},{}]}]}]}'
 * const pieces = splitBatchStepwise(batchFromJson('logs', new TextEncoder().encode(text)), 2)
 * console.log(pieces.next().value?.itemCount) // 2
 * ```
 */
export function* splitBatchStepwise<S extends Signal>(
  batch: Batch<S>,
  maxItems: number,
  maxBytes: number = Number.POSITIVE_INFINITY,
  firstMaxItems: number = maxItems,
): Generator<Batch<S>, void, undefined> {
  for (const limit of [maxItems, firstMaxItems]) {
    if (Number.isInteger(limit) && limit >= 1) continue
    throw otlpError('OTLP_VALUE', `splitBatch: maxItems is ${limit}; allowed are integers from 1; nothing split`)
  }
  if (batch.itemCount <= firstMaxItems && (maxBytes === Number.POSITIVE_INFINITY || bytesOf(batch) <= maxBytes)) {
    yield batch
    return
  }
  let parts: Chunk[] = []
  let room = firstMaxItems
  let byteRoom = maxBytes
  for (const part of partsOf(batch)) {
    let splitter: ChunkSplitter | undefined
    for (let from = 0; ; ) {
      if (from === 0 && isWhole(part, room, byteRoom, parts.length === 0)) {
        parts.push(part)
        room -= part.itemCount
        byteRoom -= part.bytes.length
        break
      }
      if (room > 0) {
        splitter ??= new ChunkSplitter(part)
        const to = splitter.reach(from, room, byteRoom, parts.length === 0)
        if (to > from) {
          parts.push(splitter.cut(from, to))
          room -= to - from
          byteRoom -= splitter.byteCount(from, to)
          from = to
        }
        if (from === part.itemCount) break
      }
      yield new StoredBatch(batch.signal, parts)
      parts = []
      room = maxItems
      byteRoom = maxBytes
    }
  }
  if (parts.length > 0) yield new StoredBatch(batch.signal, parts)
}

function bytesOf(batch: Batch): number {
  let count = 0
  for (const chunk of batch.chunks()) count += chunk.length
  return count
}

// Whether a request goes into the batch as it is: it has room, or nothing in it could be cut off.
function isWhole(part: Chunk, room: number, byteRoom: number, isFirst: boolean): boolean {
  if (part.itemCount === 0 || (isFirst && part.itemCount === 1)) return true
  return part.itemCount <= room && part.bytes.length <= byteRoom
}

class ChunkSplitter {
  readonly #chunk: Chunk
  readonly #nodes: Int32Array
  /** Node of each item. */
  readonly #items: Int32Array
  /** First child of a container that no piece so far has gone past. */
  readonly #reached = new Map<number, number>()
  /** End of the last child of a container whose children lie side by side; -1 when they do not. */
  readonly #childrenEnds = new Map<number, number>()
  readonly #writer: ProtoWriter
  // Nodes of the piece being written.
  #low = 0
  #high = 0

  constructor(chunk: Chunk) {
    this.#chunk = chunk
    this.#writer = new ProtoWriter(chunk.bytes.length >>> 1)
    const nodes = chunk.tables.nodes
    this.#nodes = nodes
    this.#items = new Int32Array(chunk.itemCount)
    const kind = itemKinds[chunk.signal]
    let count = 0
    for (let node = 0; node * nodeStride < nodes.length; node++) {
      if ((nodes[node * nodeStride + nodeInfo]! & 7) === kind) this.#items[count++] = node
    }
  }

  /** End of the items from `from` on that find room: all in `room` and `byteRoom`, at least one when nothing is there yet. */
  reach(from: number, room: number, byteRoom: number, isFirst: boolean): number {
    const most = Math.min(from + room, this.#items.length)
    if (byteRoom === Number.POSITIVE_INFINITY) return most
    let to = isFirst ? from + 1 : from
    while (to < most && this.byteCount(from, to + 1) <= byteRoom) to++
    return to
  }

  /** Bytes from the first of these items to the end of the last. */
  byteCount(from: number, to: number): number {
    if (to === from) return 0
    return (
      this.#nodes[this.#items[to - 1]! * nodeStride + nodeEnd]! -
      this.#nodes[this.#items[from]! * nodeStride + nodeField]!
    )
  }

  /** Items `from` to `to`, which follow those of the cut before, with all that encloses them; containers without any item go with the items before them. */
  cut(from: number, to: number): Chunk {
    this.#low = from === 0 ? 0 : this.#items[from]!
    this.#high = to === this.#items.length ? this.#nodes.length / nodeStride : this.#items[to]!
    const { bytes, signal } = this.#chunk
    this.#writer.reset()
    this.#write(-1, rootIds[signal], 0, bytes.length)
    return new Chunk(signal, this.#writer.take(), to - from)
  }

  #write(node: number, message: MessageId, start: number, end: number): void {
    const b = this.#chunk.bytes
    const w = this.#writer
    let child = node + 1
    let run = start
    let p = start
    while (p < end) {
      const at = p
      const tag = skipper.tag(b, p)
      const content = skipper.content(b, skipper.next, tag & 7)
      p = skipper.next
      const todo = tag < 256 ? actions[(message << 8) | tag]! : action.unknown
      if (todo === action.single) {
        const inner = nestedMessages[(message << 5) | (tag >>> 3)]!
        // Of singular messages only a metric's data holds nodes, and they are the metric's children.
        if (this.#holdsNodes(inner)) {
          w.raw(b.subarray(run, at))
          run = p
          const mark = w.begin(tag, varintWidth(p - content))
          this.#write(node, inner, content, p)
          w.end(mark)
        }
        continue
      }
      if (todo !== action.child) continue
      const childEnd = this.#subtreeEnd(child)
      if (child >= this.#low && childEnd <= this.#high) {
        child = childEnd
        continue
      }
      w.raw(b.subarray(run, at))
      run = p
      if (childEnd > this.#low && child < this.#high && this.#hasItem(child, childEnd)) {
        const mark = w.begin(tag, varintWidth(p - content))
        this.#write(
          child,
          (this.#nodes[child * nodeStride + nodeInfo]! >>> 3) & 63,
          this.#nodes[child * nodeStride + nodeStart]!,
          this.#nodes[child * nodeStride + nodeEnd]!,
        )
        w.end(mark)
        child = childEnd
        continue
      }
      child = childEnd
      // Go past all the others at once where they lie side by side.
      const childrenEnd = this.#childrenEnd(node)
      if (childrenEnd < 0) continue
      if (childEnd <= this.#low) {
        child = this.#goPast(child, node)
        p = child < this.#endOf(node) ? this.#nodes[child * nodeStride + nodeField]! : childrenEnd
      } else if (child >= this.#high) {
        child = this.#endOf(node)
        p = childrenEnd
      }
      run = p
    }
    w.raw(b.subarray(run, end))
  }

  #holdsNodes(message: MessageId): boolean {
    return actions[(message << 8) | 0x0a] === action.child
  }

  // Pieces are cut in order, so each goes on where the one before has stopped: a walk from the start for each of some
  // hundred pieces of a request would take longer than all else.
  #goPast(child: number, node: number): number {
    let next = Math.max(child, this.#reached.get(node) ?? child)
    while (this.#isBefore(next, node)) next = this.#subtreeEnd(next)
    this.#reached.set(node, next)
    return next
  }

  #isBefore(child: number, node: number): boolean {
    return child < this.#endOf(node) && this.#subtreeEnd(child) <= this.#low
  }

  #subtreeEnd(node: number): number {
    return this.#nodes[node * nodeStride + nodeSubtreeEnd]!
  }

  #endOf(node: number): number {
    return node < 0 ? this.#nodes.length / nodeStride : this.#subtreeEnd(node)
  }

  #hasItem(node: number, end: number): boolean {
    const items = this.#items
    const first = Math.max(node, this.#low)
    let low = 0
    let high = items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (items[middle]! < first) low = middle + 1
      else high = middle
    }
    return low < items.length && items[low]! < Math.min(end, this.#high)
  }

  #childrenEnd(node: number): number {
    const known = this.#childrenEnds.get(node)
    if (known !== undefined) return known
    let end = -1
    for (let child = node + 1; child < this.#endOf(node); child = this.#subtreeEnd(child)) {
      if (end >= 0 && this.#nodes[child * nodeStride + nodeField] !== end) {
        end = -1
        break
      }
      end = this.#nodes[child * nodeStride + nodeEnd]!
    }
    this.#childrenEnds.set(node, end)
    return end
  }
}
