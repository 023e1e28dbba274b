// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { AttributeKey, BatchIndex } from './batch-index.ts'

/**
 * Reads and changes of one new batch. Reads see the changes made before them. Nothing is copied until `chunks()`:
 * changed values stand in a side arena, and one gather writes everything with exact lengths; unchanged bytes and
 * unknown fields are copied as they are.
 */
export interface BatchEditor extends BatchIndex {
  setString(node: number, field: number, value: string): void
  /** Varint or fixed field, by the field's definition. */
  setUint(node: number, field: number, value: number | bigint): void
  setDouble(node: number, field: number, value: number): void
  setBytes(node: number, field: number, value: Uint8Array): void
  clearField(node: number, field: number): void
  setScopeName(scope: number, value: string): void
  setScopeVersion(scope: number, value: string): void
  setStatus(record: number, code: number, message: string): void
  /** Replaces the first attribute with this key and removes its duplicates, or appends it. */
  setAttribute(node: number, key: AttributeKey, value: AnyValue): void
  /** Removes every attribute with this key; returns how many there were. */
  removeAttribute(node: number, key: AttributeKey): number
  /** Removes the node with all that it holds. Scopes and resources left empty by it go too. */
  remove(node: number): void
}
