// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import { type FieldSchema, messageNames, messageSchemas, rootMessages, wireType } from '../proto/schema.ts'
import { nodeKind } from './batch-index.ts'

/** What the index does on meeting a tag. */
export const action = {
  unknown: 0,
  varint: 1,
  fixed64: 2,
  fixed32: 3,
  /** String or bytes. */
  text: 4,
  attribute: 5,
  /** Repeated message that becomes a node. */
  child: 6,
  packed64: 7,
  packedVarint: 8,
  /** Repeated message that does not. */
  nested: 9,
  /** Singular message; a second occurrence asks for normalising. */
  single: 10,
  /** AnyValue outside an attribute: the body of a log record. */
  value: 11,
  wrongWireType: 12,
  /** One of a repeated field of numbers that did not come packed. */
  unpacked: 13,
  /** One of a repeated field of strings. */
  listedText: 14,
} as const

/** Number of a message in the tables. */
export type MessageId = number

export function messageId(name: string): MessageId {
  return messageNames.indexOf(name)
}

/** `actions[(message << 8) | tag]` for tags below 256; all larger ones are unknown. */
export const actions: Uint8Array = new Uint8Array(messageNames.length << 8)

/** `nested[(message << 5) | fieldNumber]`: message of a field. */
export const nestedMessages: Uint8Array = new Uint8Array(messageNames.length << 5)

/** `fields[(message << 5) | fieldNumber]`. */
export const fields: (FieldSchema | undefined)[] = new Array(messageNames.length << 5).fill(undefined)

/** Kind of the node that a message is, or -1. */
export const kindOfMessage: Int8Array = new Int8Array(messageNames.length).fill(-1)

/** 1 for singular messages that a node row points to. */
export const innerMessages: Uint8Array = new Uint8Array(messageNames.length)
for (const name of [
  'Resource',
  'InstrumentationScope',
  'Status',
  'Gauge',
  'Sum',
  'Histogram',
  'ExponentialHistogram',
  'Summary',
]) {
  innerMessages[messageId(name)] = 1
}

/** Number of the attributes field of a message, 0 = it has none of its own. */
export const attributeFields: Uint8Array = new Uint8Array(messageNames.length)

const kinds: Record<string, number> = {
  ResourceSpans: nodeKind.resource,
  ResourceMetrics: nodeKind.resource,
  ResourceLogs: nodeKind.resource,
  ScopeSpans: nodeKind.scope,
  ScopeMetrics: nodeKind.scope,
  ScopeLogs: nodeKind.scope,
  Span: nodeKind.record,
  Metric: nodeKind.record,
  LogRecord: nodeKind.record,
  Event: nodeKind.event,
  Link: nodeKind.link,
  NumberDataPoint: nodeKind.point,
  HistogramDataPoint: nodeKind.point,
  ExponentialHistogramDataPoint: nodeKind.point,
  SummaryDataPoint: nodeKind.point,
  Exemplar: nodeKind.exemplar,
}

function actionOf(field: FieldSchema): number {
  if (field.message === 'KeyValue') return action.attribute
  if (field.message === 'AnyValue') return action.value
  if (field.message in kinds) return action.child
  if (field.type === 'message') return field.repeated ? action.nested : action.single
  const wire = wireType(field.type)
  if (field.repeated) return wire === 2 ? action.listedText : action.unpacked
  if (wire === 0) return action.varint
  if (wire === 1) return action.fixed64
  return wire === 5 ? action.fixed32 : action.text
}

for (const [id, name] of messageNames.entries()) {
  kindOfMessage[id] = kinds[name] ?? -1
  for (const field of messageSchemas[name]!.fields) {
    const wire = wireType(field.type)
    fields[(id << 5) | field.number] = field
    if (field.message === 'KeyValue') attributeFields[id] = field.number
    for (let other = 0; other < 6; other++) actions[(id << 8) | (field.number << 3) | other] = action.wrongWireType
    actions[(id << 8) | (field.number << 3) | wire] = actionOf(field)
    if (field.repeated && wire !== 2) {
      actions[(id << 8) | (field.number << 3) | 2] = wire === 1 ? action.packed64 : action.packedVarint
    }
    if (field.message !== '') nestedMessages[(id << 5) | field.number] = messageId(field.message)
  }
}

/** The message at the root of each signal's requests. */
export const rootIds: Readonly<Record<Signal, MessageId>> = {
  traces: messageId(rootMessages.traces),
  metrics: messageId(rootMessages.metrics),
  logs: messageId(rootMessages.logs),
}

/** `kind` of the node whose count is the batch's item count. */
export const itemKinds: Readonly<Record<Signal, number>> = {
  traces: nodeKind.record,
  metrics: nodeKind.point,
  logs: nodeKind.record,
}

// One node of the index is a row of this many int32.
export const nodeStride = 10
/** `kind | message << 3 | outOfOrder << 9`. */
export const nodeInfo = 0
export const nodeParent = 1
export const nodeSubtreeEnd = 2
/** Where its tag begins. */
export const nodeField = 3
/** Where its content begins. */
export const nodeStart = 4
export const nodeEnd = 5
export const nodeFirstAttribute = 6
export const nodeAttributeCount = 7
/** Content of its one nested message that matters: Resource, InstrumentationScope, Status, metric data; 0, 0 = none. */
export const nodeInnerStart = 8
export const nodeInnerEnd = 9

/** Bit of `nodeInfo`: field numbers do not ascend, so a reader must go on to the end. */
export const outOfOrder: number = 1 << 9

// One attribute is a row of this many int32: start of the key; length of the key << 4 | type of the value; start and
// end of the value's content (text, varint, double, or elements).
export const attributeStride = 4
