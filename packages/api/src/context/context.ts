// SPDX-License-Identifier: Apache-2.0

/** Values that belong to one execution: the active span, baggage and others. Immutable: changes return a new one. */
export interface Context {
  getValue(key: symbol): unknown
  /** A context that has `value` under `key` and all else of this one. */
  setValue(key: symbol, value: unknown): Context
  /** A context that has nothing under `key` and all else of this one. */
  deleteValue(key: symbol): Context
}
