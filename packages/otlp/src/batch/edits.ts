// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { AttributeKey } from './batch-index.ts'

/** Edits of the fields of an InstrumentationScope are kept under their numbers plus this. */
export const scopeFieldBase = 32

/** A changed field: whole encoded field in the arena, nothing when it was cleared. Lists are ordered by number. */
export interface FieldEdit {
  readonly number: number
  /** Where its tag, its content and what follows begin. */
  field: number
  start: number
  end: number
  next: FieldEdit | undefined
}

/** A new attribute: content of the KeyValue in the arena. */
export interface AttributeEdit {
  readonly key: AttributeKey
  value: AnyValue
  start: number
  end: number
  /** Next one appended to the same node. */
  next: AttributeEdit | undefined
  readonly handle: number
}

/** What was done to a node; bits of `ChunkEditor.state`. */
export const nodeState = {
  /** It or something below it has changed. */
  dirty: 1,
  removed: 2,
  /** Its own fields or attributes have changed. */
  own: 4,
} as const
