// SPDX-License-Identifier: Apache-2.0
import { Decoder } from '../decode/decoder.ts'
import { writeAnyValue } from '../encode/any-value.ts'
import { otlpError } from '../errors.ts'
import type { AnyValue } from '../model/any-value.ts'
import type { Signal } from '../model/resource.ts'
import { keyField } from '../proto/keys.ts'
import { type FieldSchema, messageNames, wireType } from '../proto/schema.ts'
import { ProtoWriter } from '../proto/writer.ts'
import { type AttributeKey, type NodeKind, nodeKind, type ValueType, valueType } from './batch-index.ts'
import { type ChunkIndex, integer32, integer64 } from './chunk-index.ts'
import type { BatchEditor } from './edit.ts'
import { type AttributeEdit, type FieldEdit, nodeState, scopeFieldBase } from './edits.ts'
import { gather } from './gather.ts'
import { messageId } from './tables.ts'

const spanId = messageId('Span')

/** Changes of one request. Reads see them at once; `finish` writes the new request. */
export class ChunkEditor implements BatchEditor {
  readonly signal: Signal
  readonly nodeCount: number
  readonly index: ChunkIndex
  /** One entry a node, made with the first change. */
  state: Uint8Array | undefined
  /** Encoded new fields and attributes. */
  readonly arena: ProtoWriter = new ProtoWriter(256)
  readonly #fields = new Map<number, FieldEdit>()
  // By handle of the request's attribute; null = removed.
  readonly #changed = new Map<number, AttributeEdit | null>()
  readonly #appended = new Map<number, AttributeEdit>()
  readonly #added: AttributeEdit[] = []
  readonly #statuses = new Map<number, { code: number; message: string }>()
  #decoder: Decoder | undefined

  constructor(index: ChunkIndex) {
    this.signal = index.signal
    this.nodeCount = index.nodeCount
    this.index = index
  }

  /** The changed request and its item count; undefined when nothing was changed. */
  finish(): { bytes: Uint8Array; itemCount: number } | undefined {
    return this.state === undefined ? undefined : gather(this, this.state)
  }

  #touch(node: number, own: number): void {
    const state = (this.state ??= new Uint8Array(this.nodeCount))
    state[node]! |= own
    while (node >= 0 && (state[node]! & nodeState.dirty) === 0) {
      state[node]! |= nodeState.dirty
      node = this.index.parent(node)
    }
  }

  // Reads: what is in the arena wins over the request.

  kind(node: number): NodeKind {
    return this.index.kind(node)
  }

  parent(node: number): number {
    return this.index.parent(node)
  }

  subtreeEnd(node: number): number {
    return this.index.subtreeEnd(node)
  }

  /** First change of a node's fields. */
  firstField(node: number): FieldEdit | undefined {
    return this.#fields.size === 0 ? undefined : this.#fields.get(node)
  }

  #edit(node: number, number: number): FieldEdit | undefined {
    let edit = this.firstField(node)
    while (edit !== undefined && edit.number !== number) edit = edit.next
    return edit
  }

  // The arena may have moved since the last read.
  #arena(): Decoder {
    if (this.#decoder?.bytes !== this.arena.buf) this.#decoder = new Decoder(this.arena.buf)
    return this.#decoder!
  }

  has(node: number, field: number): boolean {
    const edit = this.#edit(node, field)
    return edit === undefined ? this.index.has(node, field) : edit.end > edit.field
  }

  uint32(node: number, field: number): number {
    const edit = this.#edit(node, field)
    if (edit === undefined) return this.index.uint32(node, field)
    return edit.end === edit.field ? 0 : integer32(this.#arena(), this.index.field(node, field), edit.start)
  }

  uint64(node: number, field: number): bigint {
    const edit = this.#edit(node, field)
    if (edit === undefined) return this.index.uint64(node, field)
    return edit.end === edit.field ? 0n : integer64(this.#arena(), this.index.field(node, field), edit.start)
  }

  double(node: number, field: number): number {
    const edit = this.#edit(node, field)
    if (edit === undefined) return this.index.double(node, field)
    if (edit.end === edit.field || this.index.field(node, field)?.type !== 'double') return 0
    return this.#arena().data.getFloat64(edit.start, true)
  }

  string(node: number, field: number): string {
    const edit = this.#edit(node, field)
    return edit === undefined ? this.index.string(node, field) : this.#editText(edit)
  }

  #editText(edit: FieldEdit): string {
    return edit.end === edit.field ? '' : this.#arena().text.read(edit.start, edit.end)
  }

  bytes(node: number, field: number): Uint8Array {
    const edit = this.#edit(node, field)
    return edit === undefined ? this.index.bytes(node, field) : this.arena.buf.slice(edit.start, edit.end)
  }

  equals(node: number, field: number, value: Uint8Array): boolean {
    const edit = this.#edit(node, field)
    if (edit === undefined) return this.index.equals(node, field, value)
    return same(this.arena.buf, edit.start, edit.end, value)
  }

  anyValue(node: number, field: number): AnyValue {
    const edit = this.#edit(node, field)
    if (edit === undefined) return this.index.anyValue(node, field)
    return this.#arena().anyValue(edit.start, edit.end)
  }

  scopeName(scope: number): string {
    const edit = this.#edit(scope, scopeFieldBase + 1)
    return edit === undefined ? this.index.scopeName(scope) : this.#editText(edit)
  }

  scopeVersion(scope: number): string {
    const edit = this.#edit(scope, scopeFieldBase + 2)
    return edit === undefined ? this.index.scopeVersion(scope) : this.#editText(edit)
  }

  statusCode(record: number): number {
    return this.#statuses.get(record)?.code ?? this.index.statusCode(record)
  }

  statusMessage(record: number): string {
    return this.#statuses.get(record)?.message ?? this.index.statusMessage(record)
  }

  metricType(record: number): number {
    return this.index.metricType(record)
  }

  aggregationTemporality(record: number): number {
    return this.index.aggregationTemporality(record)
  }

  isMonotonic(record: number): boolean {
    return this.index.isMonotonic(record)
  }

  /** What became of an attribute of the request: undefined = as it was, null = removed. */
  change(attribute: number): AttributeEdit | null | undefined {
    return this.#changed.size === 0 ? undefined : this.#changed.get(attribute)
  }

  /** First attribute appended to a node. */
  firstAppended(node: number): AttributeEdit | undefined {
    return this.#appended.size === 0 ? undefined : this.#appended.get(node)
  }

  attributeCount(node: number): number {
    let count = this.index.attributeCount(node)
    if (this.#changed.size > 0) {
      const first = this.index.attributeAt(node, 0)
      for (let i = first, end = first + count; i < end; i++) if (this.#changed.get(i) === null) count--
    }
    for (let edit = this.firstAppended(node); edit !== undefined; edit = edit.next) count++
    return count
  }

  attributeAt(node: number, position: number): number {
    const first = this.index.attributeAt(node, 0)
    const end = first + this.index.attributeCount(node)
    for (let attribute = first; attribute < end; attribute++) {
      if (this.change(attribute) !== null && position-- === 0) return attribute
    }
    let edit = this.firstAppended(node)
    while (edit !== undefined && position-- > 0) edit = edit.next
    return edit === undefined ? -1 : edit.handle
  }

  findAttribute(node: number, key: AttributeKey): number {
    const found = this.index.findAttribute(node, key)
    if (found >= 0 && this.change(found) !== null) return found
    // All with this key are removed together, so only appended ones can be left.
    for (let edit = this.firstAppended(node); edit !== undefined; edit = edit.next) {
      if (edit.key.text === key.text) return edit.handle
    }
    return -1
  }

  // The new value behind a handle, or undefined when the request's is still true. Handles of added attributes are
  // -2, -3 …
  #new(attribute: number): AttributeEdit | undefined {
    return attribute < -1 ? this.#added[-2 - attribute] : (this.change(attribute) ?? undefined)
  }

  attributeKey(attribute: number): string {
    return attribute < -1 ? (this.#new(attribute)?.key.text ?? '') : this.index.attributeKey(attribute)
  }

  attributeType(attribute: number): ValueType {
    const edit = this.#new(attribute)
    return edit === undefined ? this.index.attributeType(attribute) : typeOf(edit.value)
  }

  attributeString(attribute: number): string | undefined {
    const edit = this.#new(attribute)
    if (edit === undefined) return this.index.attributeString(attribute)
    return typeof edit.value === 'string' ? edit.value : undefined
  }

  attributeValue(attribute: number): AnyValue {
    const edit = this.#new(attribute)
    return edit === undefined ? this.index.attributeValue(attribute) : edit.value
  }

  attributeEquals(attribute: number, value: Uint8Array): boolean {
    const edit = this.#new(attribute)
    if (edit === undefined) return this.index.attributeEquals(attribute, value)
    return typeof edit.value === 'string' && same(textEncoder.encode(edit.value), 0, -1, value)
  }

  // Changes.

  #settable(node: number, field: number, types: readonly string[], value: unknown): FieldSchema {
    const schema = this.index.field(node, field)
    if (schema !== undefined && !schema.repeated && types.includes(schema.type)) return schema
    const name = messageNames[this.index.message(node)]
    const what =
      schema === undefined ? 'no such field' : `${schema.name} is ${schema.repeated ? 'repeated ' : ''}${schema.type}`
    throw otlpError(
      'OTLP_VALUE',
      `${name}: field ${field} cannot be set to ${String(value).slice(0, 40)}: ${what}; allowed are singular fields of type ${types.join(', ')}; the batch stays as it was`,
    )
  }

  // Keeps what was written to the arena since `from` as the new field; nothing written = cleared.
  #setField(node: number, number: number, from: number, start: number): void {
    const end = this.arena.pos
    let previous: FieldEdit | undefined
    let edit = this.#fields.get(node)
    while (edit !== undefined && edit.number < number) {
      previous = edit
      edit = edit.next
    }
    if (edit !== undefined && edit.number === number) {
      edit.field = from
      edit.start = start
      edit.end = end
    } else {
      const added = { number, field: from, start, end, next: edit }
      if (previous === undefined) this.#fields.set(node, added)
      else previous.next = added
    }
    this.#touch(node, nodeState.own)
  }

  // Setting one member of a oneof clears the others.
  #clearOthers(node: number, schema: FieldSchema): void {
    if (schema.oneof !== 'value') return
    const at = this.arena.pos
    for (let other = 1; other < 8; other++) {
      if (other !== schema.number && this.index.field(node, other)?.oneof === 'value') {
        this.#setField(node, other, at, at)
      }
    }
  }

  setString(node: number, field: number, value: string): void {
    this.#settable(node, field, ['string'], value)
    this.#setText(node, field, field, value)
  }

  #setText(node: number, number: number, field: number, value: string): void {
    const from = this.arena.pos
    if (value !== '') this.arena.string((field << 3) | 2, value)
    this.#setField(node, number, from, contentStart(this.arena.buf, from, this.arena.pos))
  }

  setBytes(node: number, field: number, value: Uint8Array): void {
    this.#settable(node, field, ['bytes'], value)
    const from = this.arena.pos
    if (value.length > 0) this.arena.bytes((field << 3) | 2, value)
    this.#setField(node, field, from, contentStart(this.arena.buf, from, this.arena.pos))
  }

  setUint(node: number, field: number, value: number | bigint): void {
    const schema = this.#settable(node, field, integerTypes, value)
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw otlpError(
        'OTLP_VALUE',
        `${messageNames[this.index.message(node)]}: field ${field} (${schema.name}) cannot be set to ${value}; allowed are safe integers and bigints; the batch stays as it was`,
      )
    }
    this.#clearOthers(node, schema)
    const from = this.arena.pos
    let start = from
    if (schema.presence || (value !== 0 && value !== 0n)) {
      this.arena.tag((field << 3) | wireType(schema.type))
      start = this.arena.pos
      writeInteger(this.arena, schema, value)
    }
    this.#setField(node, field, from, start)
  }

  setDouble(node: number, field: number, value: number): void {
    const schema = this.#settable(node, field, ['double'], value)
    this.#clearOthers(node, schema)
    const from = this.arena.pos
    if (schema.presence || !Object.is(value, 0)) {
      this.arena.tag((field << 3) | 1)
      this.arena.double(value)
    }
    this.#setField(node, field, from, Math.max(from, this.arena.pos - 8))
  }

  setAnyValue(node: number, field: number, value: AnyValue): void {
    const schema = this.index.field(node, field)
    if (schema?.message !== 'AnyValue') this.#settable(node, field, ['AnyValue'], 'a value')
    const from = this.arena.pos
    if (value !== undefined) writeAnyValue(this.arena, (field << 3) | 2, value)
    this.#setField(node, field, from, contentStart(this.arena.buf, from, this.arena.pos))
  }

  clearField(node: number, field: number): void {
    const schema = this.index.field(node, field)
    const isStatus = schema?.message === 'Status'
    const isBody = schema?.message === 'AnyValue'
    if (schema?.type === 'message' && !isStatus && !isBody) this.#settable(node, field, ['scalar'], 'nothing')
    if (isStatus) this.#statuses.set(node, { code: 0, message: '' })
    const at = this.arena.pos
    this.#setField(node, field, at, at)
  }

  setScopeName(scope: number, value: string): void {
    this.#expectKind(scope, nodeKind.scope, 'scope')
    this.#setText(scope, scopeFieldBase + 1, 1, value)
  }

  setScopeVersion(scope: number, value: string): void {
    this.#expectKind(scope, nodeKind.scope, 'scope')
    this.#setText(scope, scopeFieldBase + 2, 2, value)
  }

  #expectKind(node: number, kind: NodeKind, name: string): void {
    if (this.index.kind(node) === kind) return
    throw otlpError(
      'OTLP_VALUE',
      `node ${node}: is a ${messageNames[this.index.message(node)]}; allowed is a ${name}; the batch stays as it was`,
    )
  }

  setStatus(record: number, code: number, message: string): void {
    if (this.index.message(record) !== spanId) this.#settable(record, 15, ['Status'], 'a status')
    const from = this.arena.pos
    const mark = this.arena.begin(0x7a, 1)
    if (message !== '') this.arena.string(0x12, message)
    if (code !== 0) {
      this.arena.tag(0x18)
      this.arena.varint53(code)
    }
    this.arena.end(mark)
    this.#statuses.set(record, { code: code | 0, message })
    this.#setField(record, 15, from, contentStart(this.arena.buf, from, this.arena.pos))
  }

  setAttribute(node: number, key: AttributeKey, value: AnyValue): void {
    const start = this.arena.pos
    if (key.text !== '') this.arena.raw(keyField(key.text))
    writeAnyValue(this.arena, 0x12, value)
    const end = this.arena.pos
    const found = this.findAttribute(node, key)
    if (found < -1) {
      const edit = this.#added[-2 - found]!
      edit.value = value
      edit.start = start
      edit.end = end
      this.#touch(node, nodeState.own)
      return
    }
    const edit: AttributeEdit = { key, value, start, end, next: undefined, handle: -2 - this.#added.length }
    if (found >= 0) {
      const first = this.index.attributeAt(node, 0)
      const last = first + this.index.attributeCount(node)
      for (let i = found + 1; i < last; i++) if (this.index.hasKey(i, key)) this.#changed.set(i, null)
      this.#changed.set(found, edit)
    } else {
      this.#added.push(edit)
      let last = this.#appended.get(node)
      if (last === undefined) this.#appended.set(node, edit)
      else {
        while (last.next !== undefined) last = last.next
        last.next = edit
      }
    }
    this.#touch(node, nodeState.own)
  }

  removeAttribute(node: number, key: AttributeKey): number {
    let count = 0
    const first = this.index.attributeAt(node, 0)
    const last = first + this.index.attributeCount(node)
    let found = this.index.findAttribute(node, key)
    for (; found >= 0 && found < last; found++) {
      if (this.change(found) !== null && this.index.hasKey(found, key)) {
        this.#changed.set(found, null)
        count++
      }
    }
    let previous: AttributeEdit | undefined
    for (let edit = this.firstAppended(node); edit !== undefined; edit = edit.next) {
      if (edit.key.text !== key.text) {
        previous = edit
        continue
      }
      count++
      if (previous !== undefined) previous.next = edit.next
      else if (edit.next !== undefined) this.#appended.set(node, edit.next)
      else this.#appended.delete(node)
    }
    if (count > 0) this.#touch(node, nodeState.own)
    return count
  }

  remove(node: number): void {
    this.#touch(node, nodeState.removed)
  }
}

const textEncoder = new TextEncoder()
const integerTypes = ['bool', 'enum', 'uint32', 'sint32', 'int64', 'uint64', 'fixed32', 'fixed64', 'sfixed64']

// Start of a length-delimited field's content in the arena.
function contentStart(b: Uint8Array, field: number, end: number): number {
  if (field === end) return end
  while (b[field++]! > 127);
  while (b[field++]! > 127);
  return field
}

function writeInteger(w: ProtoWriter, schema: FieldSchema, value: number | bigint): void {
  switch (schema.type) {
    case 'fixed32':
      w.fixed32(Number(BigInt.asIntN(32, BigInt(value))))
      break
    case 'fixed64':
    case 'sfixed64':
      w.fixed64(BigInt(value))
      break
    case 'bool':
      w.varint32(1)
      break
    case 'uint32':
      w.varint32(Number(BigInt.asUintN(32, BigInt(value))))
      break
    case 'sint32': {
      const int = Number(BigInt.asIntN(32, BigInt(value)))
      w.varint32(((int << 1) ^ (int >> 31)) >>> 0)
      break
    }
    case 'enum':
      w.varint53(Number(BigInt.asIntN(32, BigInt(value))))
      break
    default:
      w.varint64(BigInt(value))
  }
}

function same(b: Uint8Array, start: number, end: number, value: Uint8Array): boolean {
  if (end < 0) end = b.length
  if (end - start !== value.length) return false
  for (let i = 0; i < value.length; i++) if (b[start + i] !== value[i]) return false
  return true
}

function typeOf(value: AnyValue): ValueType {
  switch (typeof value) {
    case 'string':
      return valueType.string
    case 'boolean':
      return valueType.bool
    case 'bigint':
      return valueType.int
    case 'number':
      return valueType.double
    case 'undefined':
      return valueType.empty
  }
  if (value instanceof Uint8Array) return valueType.bytes
  return 'list' in value ? valueType.array : valueType.kvlist
}
