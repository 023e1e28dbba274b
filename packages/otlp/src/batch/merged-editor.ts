// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { AttributeKey } from './batch-index.ts'
import type { ChunkEditor } from './chunk-editor.ts'
import type { BatchEditor } from './edit.ts'
import { MergedIndex } from './merged-index.ts'

/** Editors of several requests used as one. */
export class MergedEditor extends MergedIndex<ChunkEditor> implements BatchEditor {
  setString(node: number, field: number, value: string): void {
    this.at(node).setString(this.local(node), field, value)
  }

  setUint(node: number, field: number, value: number | bigint): void {
    this.at(node).setUint(this.local(node), field, value)
  }

  setDouble(node: number, field: number, value: number): void {
    this.at(node).setDouble(this.local(node), field, value)
  }

  setBytes(node: number, field: number, value: Uint8Array): void {
    this.at(node).setBytes(this.local(node), field, value)
  }

  setAnyValue(node: number, field: number, value: AnyValue): void {
    this.at(node).setAnyValue(this.local(node), field, value)
  }

  clearField(node: number, field: number): void {
    this.at(node).clearField(this.local(node), field)
  }

  setScopeName(scope: number, value: string): void {
    this.at(scope).setScopeName(this.local(scope), value)
  }

  setScopeVersion(scope: number, value: string): void {
    this.at(scope).setScopeVersion(this.local(scope), value)
  }

  setStatus(record: number, code: number, message: string): void {
    this.at(record).setStatus(this.local(record), code, message)
  }

  setAttribute(node: number, key: AttributeKey, value: AnyValue): void {
    this.at(node).setAttribute(this.local(node), key, value)
  }

  removeAttribute(node: number, key: AttributeKey): number {
    return this.at(node).removeAttribute(this.local(node), key)
  }

  remove(node: number): void {
    this.at(node).remove(this.local(node))
  }
}
