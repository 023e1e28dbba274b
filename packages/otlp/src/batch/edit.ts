// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { AttributeKey, BatchIndex } from './batch-index.ts'

/**
 * Reads and changes of one new batch. Setters throw OTLP_VALUE for fields that do not exist or have another type; a
 * throw out of the edit leaves the old batch as it was. Reads see the changes made before them. Changed values stand in a
 * side arena, and when the edit ends one gather writes each changed request with exact lengths; unchanged bytes and
 * unknown fields are copied as they are.
 */
export interface BatchEditor extends BatchIndex {
  setString(node: number, field: number, value: string): void
  /**
   * Integer, enum or bool field, written as its definition says; wraps at its width. `as_int` and `as_double` of a point
   * or exemplar are one value: setting one clears the other.
   */
  setUint(node: number, field: number, value: number | bigint): void
  setDouble(node: number, field: number, value: number): void
  setBytes(node: number, field: number, value: Uint8Array): void
  /** The body of a log record (field 5), or any other field that holds an AnyValue. */
  setAnyValue(node: number, field: number, value: AnyValue): void
  /** Makes a scalar field, a span's status or a body absent. */
  clearField(node: number, field: number): void
  /** A scope or resource that the request lacks is made by the first change, and not written if left empty. */
  setScopeName(scope: number, value: string): void
  setScopeVersion(scope: number, value: string): void
  /** Replaces the whole status of a span. */
  setStatus(record: number, code: number, message: string): void
  /** Replaces the first attribute with this key and removes its duplicates, or appends it. */
  setAttribute(node: number, key: AttributeKey, value: AnyValue): void
  /** Removes every attribute with this key; returns how many there were. */
  removeAttribute(node: number, key: AttributeKey): number
  /**
   * Removes the node with all that it holds. Metrics, scopes and resources left empty by it go too. Reads still show it
   * until the edit ends; removing it again does nothing.
   */
  remove(node: number): void
}
