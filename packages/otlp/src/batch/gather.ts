// SPDX-License-Identifier: Apache-2.0
import { ProtoWriter, varintWidth } from '../proto/writer.ts'
import { nodeKind } from './batch-index.ts'
import type { ChunkEditor } from './chunk-editor.ts'
import { type FieldEdit, nodeState, scopeFieldBase } from './edits.ts'
import { skipper } from './normalise.ts'
import {
  action,
  actions,
  attributeFields,
  innerMessages,
  itemKinds,
  type MessageId,
  messageId,
  nestedMessages,
  nodeEnd,
  nodeInfo,
  nodeInnerStart,
  nodeStart,
  nodeStride,
  nodeSubtreeEnd,
  outOfOrder,
  rootIds,
} from './tables.ts'

const keptCapacity = 4 << 20
let shared = new ProtoWriter(64 << 10)

const scopeId = messageId('InstrumentationScope')
const resourceId = messageId('Resource')
const statusId = messageId('Status')
const metricId = messageId('Metric')

/** Writes the request that a chunk has become; unchanged runs of bytes are copied as they are. */
export function gather(editor: ChunkEditor, state: Uint8Array): { bytes: Uint8Array; itemCount: number } {
  const itemCount = settleRemoved(editor, state)
  const writer = shared
  writer.reset()
  new Gatherer(editor, state, writer).all()
  const bytes = writer.take()
  if (writer.buf.length > keptCapacity) shared = new ProtoWriter(64 << 10)
  return { bytes, itemCount }
}

// Removes what removals have left empty, from the inside out, and counts what stays.
function settleRemoved(editor: ChunkEditor, state: Uint8Array): number {
  const index = editor.index
  const lost = new Uint8Array(state.length)
  for (let node = state.length - 1; node >= 0; node--) {
    if (lost[node] === 1 && isContainer(editor, node) && isEmpty(index.tables.nodes, state, node)) {
      state[node]! |= nodeState.removed
    }
    if ((state[node]! & nodeState.removed) !== 0 && index.parent(node) >= 0) lost[index.parent(node)] = 1
  }
  const itemKind = itemKinds[index.signal]
  let count = 0
  for (let node = 0; node < state.length; ) {
    if ((state[node]! & nodeState.removed) !== 0) node = index.subtreeEnd(node)
    else if (index.kind(node++) === itemKind) count++
  }
  return count
}

function isContainer(editor: ChunkEditor, node: number): boolean {
  const kind = editor.index.kind(node)
  return kind === nodeKind.resource || kind === nodeKind.scope || editor.index.message(node) === metricId
}

function isEmpty(nodes: Int32Array, state: Uint8Array, node: number): boolean {
  const end = nodes[node * nodeStride + nodeSubtreeEnd]!
  for (let child = node + 1; child < end; child = nodes[child * nodeStride + nodeSubtreeEnd]!) {
    if ((state[child]! & nodeState.removed) === 0) return false
  }
  return true
}

class Gatherer {
  readonly #editor: ChunkEditor
  readonly #state: Uint8Array
  readonly #writer: ProtoWriter
  readonly #nodes: Int32Array
  readonly #bytes: Uint8Array

  constructor(editor: ChunkEditor, state: Uint8Array, writer: ProtoWriter) {
    this.#editor = editor
    this.#state = state
    this.#writer = writer
    this.#nodes = editor.index.tables.nodes
    this.#bytes = editor.index.source
  }

  all(): void {
    this.#message(-1, rootIds[this.#editor.signal], 0, this.#bytes.length, true)
  }

  #node(node: number): void {
    const row = node * nodeStride
    const info = this.#nodes[row + nodeInfo]!
    const message = (info >>> 3) & 63
    const kind = info & 7
    const w = this.#writer
    if (
      (this.#state[node]! & nodeState.own) !== 0 &&
      (kind === nodeKind.resource || kind === nodeKind.scope) &&
      this.#nodes[row + nodeInnerStart] === 0 &&
      this.#hasInnerEdits(node)
    ) {
      // The request has no Resource or InstrumentationScope yet; it comes first.
      const mark = w.begin(0x0a, 2)
      this.#message(node, kind === nodeKind.resource ? resourceId : scopeId, 0, 0, true)
      w.end(mark)
    }
    this.#message(node, message, this.#nodes[row + nodeStart]!, this.#nodes[row + nodeEnd]!, (info & outOfOrder) === 0)
  }

  #hasInnerEdits(node: number): boolean {
    if (this.#editor.firstAppended(node) !== undefined) return true
    let edit = this.#editor.firstField(node)
    while (edit !== undefined && (edit.number < scopeFieldBase || edit.end === edit.field)) edit = edit.next
    return edit !== undefined
  }

  // Writes the content of a node's message, or of the message inside it that carries its attributes or points.
  #message(node: number, message: MessageId, start: number, end: number, ascending: boolean): void {
    const b = this.#bytes
    const w = this.#writer
    const own = node >= 0 && (this.#state[node]! & nodeState.own) !== 0
    const attributeField = own ? attributeFields[message]! : 0
    const shift = message === scopeId ? scopeFieldBase : 0
    const hasFields = own && (shift > 0 || message === this.#editor.index.message(node))
    let pending = hasFields ? this.#firstPending(node, shift) : undefined
    const edits = pending
    let appended = attributeField > 0 ? this.#editor.firstAppended(node) : undefined
    let attribute = attributeField > 0 ? this.#editor.index.attributeAt(node, 0) : 0
    let child = node + 1
    let run = start
    let p = start
    while (p < end) {
      const at = p
      let tag = b[p++]!
      if (tag > 127) {
        tag = skipper.tag(b, at)
        p = skipper.next
      }
      const wire = tag & 7
      let content = p
      if (wire === 2) {
        let length = b[p++]!
        if (length > 127) {
          length = skipper.tag(b, p - 1)
          p = skipper.next
        }
        content = p
        p += length
      } else if (wire === 0) while (b[p++]! > 127);
      else p += wire === 1 ? 8 : 4
      const number = tag >>> 3
      if (own && ascending) {
        // New fields go where their numbers belong.
        const isPending = pending !== undefined && isOf(pending, shift) && pending.number - shift <= number
        if (isPending || (appended !== undefined && attributeField < number)) {
          this.#copy(run, at)
          run = at
          while (pending !== undefined && isOf(pending, shift) && pending.number - shift <= number) {
            if (appended !== undefined && attributeField < pending.number - shift) {
              this.#appended(appended, attributeField)
              appended = undefined
            }
            this.#field(pending)
            pending = pending.next
          }
          if (appended !== undefined && attributeField < number) {
            this.#appended(appended, attributeField)
            appended = undefined
          }
        }
      }
      if (edits !== undefined && number < scopeFieldBase && isEdited(edits, number + shift)) {
        this.#copy(run, at)
        run = p
        continue
      }
      if (wire !== 2 || tag > 255) continue
      const todo = actions[(message << 8) | tag]!
      if (todo === action.attribute) {
        if (attributeField === 0) continue
        const change = this.#editor.change(attribute++)
        if (change === undefined) continue
        this.#copy(run, at)
        run = p
        if (change !== null) this.#attribute(change.start, change.end, tag)
      } else if (todo === action.child) {
        const state = this.#state[child]!
        const nodeHere = child
        child = this.#nodes[child * nodeStride + nodeSubtreeEnd]!
        if ((state & (nodeState.dirty | nodeState.removed)) === 0) continue
        this.#copy(run, at)
        run = p
        if ((state & nodeState.removed) !== 0) continue
        const mark = w.begin(tag, varintWidth(p - content))
        this.#node(nodeHere)
        w.end(mark)
      } else if (todo === action.single) {
        const inner = nestedMessages[(message << 5) | number]!
        if (innerMessages[inner] === 0 || inner === statusId || (!own && message !== metricId)) continue
        this.#copy(run, at)
        run = p
        const mark = w.begin(tag, varintWidth(p - content))
        // Of these messages the order is not noted; new fields at the end are right in any case.
        this.#message(node, inner, content, p, false)
        w.end(mark)
      }
    }
    this.#copy(run, end)
    for (; pending !== undefined && isOf(pending, shift); pending = pending.next) {
      if (appended !== undefined && attributeField < pending.number - shift) {
        this.#appended(appended, attributeField)
        appended = undefined
      }
      this.#field(pending)
    }
    if (appended !== undefined) this.#appended(appended, attributeField)
  }

  #firstPending(node: number, shift: number): FieldEdit | undefined {
    let edit = this.#editor.firstField(node)
    while (edit !== undefined && !isOf(edit, shift)) edit = edit.next
    return edit
  }

  #copy(from: number, to: number): void {
    const n = to - from
    if (n <= 0) return
    const w = this.#writer
    w.ensure(n)
    const target = w.buf
    const source = this.#bytes
    let p = w.pos
    if (n < 64) for (let i = from; i < to; i++) target[p++] = source[i]!
    else {
      target.set(source.subarray(from, to), p)
      p += n
    }
    w.pos = p
  }

  #field(edit: FieldEdit): void {
    if (edit.end > edit.field) this.#writer.raw(this.#editor.arena.buf.subarray(edit.field, edit.end))
  }

  #appended(first: ReturnType<ChunkEditor['firstAppended']>, field: number): void {
    for (let edit = first; edit !== undefined; edit = edit.next) {
      this.#attribute(edit.start, edit.end, (field << 3) | 2)
    }
  }

  #attribute(start: number, end: number, tag: number): void {
    this.#writer.tag(tag)
    this.#writer.varint32(end - start)
    this.#writer.raw(this.#editor.arena.buf.subarray(start, end))
  }
}

// Scope fields and fields of the node itself share a list; the former have numbers above `scopeFieldBase`.
function isOf(edit: FieldEdit, shift: number): boolean {
  return shift === 0 ? edit.number < scopeFieldBase : edit.number > scopeFieldBase
}

function isEdited(first: FieldEdit, number: number): boolean {
  let edit: FieldEdit | undefined = first
  while (edit !== undefined && edit.number < number) edit = edit.next
  return edit !== undefined && edit.number === number
}
