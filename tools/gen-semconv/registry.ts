// SPDX-License-Identifier: Apache-2.0
import type { Place } from './problems.ts'

/** Stages that the registry knows; only `stable` comes with a promise. */
export const stabilities = ['development', 'experimental', 'alpha', 'beta', 'release_candidate', 'stable'] as const
export type Stability = (typeof stabilities)[number]

/** Types of an attribute's value, besides an enumeration. */
export const valueTypes = [
  'string',
  'int',
  'double',
  'boolean',
  'string[]',
  'int[]',
  'double[]',
  'boolean[]',
  'any',
] as const
export type ValueType = (typeof valueTypes)[number]

/** Kinds of instrument as the registry spells them. */
export const instrumentKinds = ['counter', 'updowncounter', 'gauge', 'histogram'] as const
export type InstrumentKind = (typeof instrumentKinds)[number]

/** Why something is deprecated, and what to use in its place. */
export type Deprecation =
  | { readonly reason: 'renamed'; readonly renamedTo: string }
  | { readonly reason: 'obsoleted' | 'uncategorized' | 'unspecified'; readonly seeAlso: readonly string[] }

/** What all definitions have. */
export interface Definition {
  readonly name: string
  readonly place: Place
  readonly stability: Stability
  readonly deprecated: Deprecation | undefined
  /** The registry asks generators to leave it out, because its constant would have another definition's name. */
  readonly excluded: boolean
}

/** One value of an enumeration. */
export interface EnumMember extends Definition {
  readonly value: string | number
}

export interface Attribute extends Definition {
  readonly type: ValueType
  /** A template names a family of attributes: `http.request.header.<key>`. */
  readonly template: boolean
  /** The values of an enumeration, empty for other types. */
  readonly members: readonly EnumMember[]
  /** Page of the published registry that describes it. */
  readonly page: string
}

export interface Metric extends Definition {
  readonly instrument: InstrumentKind
  readonly unit: string
  readonly valueType: 'int' | 'double' | undefined
}

/** The part of the model that is generated. */
export interface Registry {
  readonly attributes: readonly Attribute[]
  readonly metrics: readonly Metric[]
  readonly events: readonly Definition[]
}
