// SPDX-License-Identifier: Apache-2.0
import type { KeyValue } from './any-value.ts'

/** The three stable OTLP signals. */
export type Signal = 'traces' | 'metrics' | 'logs'

/** All signals, in the order in which they are listed everywhere. */
export const signals: readonly Signal[] = ['traces', 'metrics', 'logs']

/** OTLP `EntityRef`: names the attributes of the resource that identify and describe one entity. */
export interface EntityRef {
  schemaUrl: string
  type: string
  idKeys: string[]
  descriptionKeys: string[]
}

/** OTLP `Resource`. */
export interface Resource {
  attributes: KeyValue[]
  droppedAttributesCount: number
  entityRefs: EntityRef[]
}

/** OTLP `InstrumentationScope`. */
export interface InstrumentationScope {
  name: string
  version: string
  attributes: KeyValue[]
  droppedAttributesCount: number
}
