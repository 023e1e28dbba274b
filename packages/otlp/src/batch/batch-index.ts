// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { Signal } from '../model/resource.ts'

/**
 * What a node of the index stands for. `resource` is a Resource{Spans,Metrics,Logs}, `scope` a Scope{…}, `record` a
 * Span, Metric or LogRecord, `point` a data point of any kind.
 */
export const nodeKind = { resource: 0, scope: 1, record: 2, event: 3, link: 4, point: 5, exemplar: 6 } as const
export type NodeKind = (typeof nodeKind)[keyof typeof nodeKind]

/** Kind of an `AnyValue`, by its protobuf field number; 0 = empty. */
export const valueType = { empty: 0, string: 1, bool: 2, int: 3, double: 4, array: 5, kvlist: 6, bytes: 7 } as const
export type ValueType = (typeof valueType)[keyof typeof valueType]

/** An attribute key made ready for comparing with bytes; build it once, at configuration time. */
export interface AttributeKey {
  readonly text: string
  readonly utf8: Uint8Array
}

/**
 * Reading of single fields without making objects or strings. Nodes and attributes are small integers, valid for this
 * index alone. Fields are named by their protobuf field numbers, so `index.string(span, 5)` is the span's name;
 * `fieldNumbers` gives them names. Scalar fields follow proto3: absent reads as 0, '' or empty; the last
 * occurrence wins. The attributes of a `resource` node are those of its Resource, of a `scope` node those of its
 * InstrumentationScope, of a metric its metadata, of an exemplar its filtered attributes; the scope's name and version
 * are read by `scopeName` and `scopeVersion`.
 *
 * Nodes are in document order: a node's subtree is the run from the node to `subtreeEnd(node)`.
 */
export interface BatchIndex {
  readonly signal: Signal
  readonly nodeCount: number
  kind(node: number): NodeKind
  /** Node that holds this one; -1 for a resource. */
  parent(node: number): number
  /** First node after this one's subtree. */
  subtreeEnd(node: number): number

  has(node: number, field: number): boolean
  /** Integer field as a number: enum, bool, uint32, sint32, fixed32; 64-bit ones modulo 2^32. */
  uint32(node: number, field: number): number
  /** Integer field, exact; signed where its definition is. */
  uint64(node: number, field: number): bigint
  double(node: number, field: number): number
  /** Makes a string; invalid UTF-8 shows as U+FFFD. Short ones are interned. */
  string(node: number, field: number): string
  /** View of a bytes or string field; valid as long as the batch. */
  bytes(node: number, field: number): Uint8Array
  /** Whether a bytes or string field equals `value`; makes nothing. */
  equals(node: number, field: number, value: Uint8Array): boolean

  /** Any value held in a field: the body of a log record (field 5). Undefined when absent, empty or no such field. */
  anyValue(node: number, field: number): AnyValue

  scopeName(scope: number): string
  scopeVersion(scope: number): string
  /** Status code of a span: 0 when absent. */
  statusCode(record: number): number
  statusMessage(record: number): string

  /** Which data a metric has, by field number: 5 gauge, 7 sum, 9 histogram, 10 exponential, 11 summary; 0 = none. */
  metricType(record: number): number
  /** 0 = unspecified or not applicable, 1 = delta, 2 = cumulative. */
  aggregationTemporality(record: number): number
  /** Whether a metric is a monotonic sum. */
  isMonotonic(record: number): boolean

  attributeCount(node: number): number
  /** Handle of the n-th attribute, duplicates included, in the order sent. */
  attributeAt(node: number, position: number): number
  /** Handle of the first attribute with this key, or -1. */
  findAttribute(node: number, key: AttributeKey): number
  attributeKey(attribute: number): string
  attributeType(attribute: number): ValueType
  /** String value of an attribute of type string, otherwise undefined. */
  attributeString(attribute: number): string | undefined
  /** Any value, as in records. */
  attributeValue(attribute: number): AnyValue
  /** Whether the attribute is a string equal to `value`; makes nothing. */
  attributeEquals(attribute: number, value: Uint8Array): boolean
}
