// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../errors.ts'

/** What a provider gave for one reference. */
export interface Retrieved {
  /** YAML text; empty means null. */
  readonly text: string
  /** Name for locations inside the text; undefined when the text has no lines of its own worth naming. */
  readonly file?: string
  /** The text is a string whatever it looks like: an empty default is `""`, not null. */
  readonly verbatim?: boolean
  readonly warning?: Pick<Problem, 'code' | 'message'>
}

/** Gets text for `scheme:opaque`, both from `--config` and from `${scheme:opaque}`. */
export interface ConfigProvider {
  readonly scheme: string
  /** Rejects with a message that names what failed; the caller adds where it was referenced. */
  retrieve(opaque: string, limits: RetrieveLimits): Promise<Retrieved>
}

/** Bounds that a provider keeps while reading. */
export interface RetrieveLimits {
  readonly maxLength: number
}
