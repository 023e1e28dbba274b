// SPDX-License-Identifier: Apache-2.0

/** Where a piece of configuration stands. Line and column count from 1; line 0 means the source as a whole. */
export interface Location {
  /** File name as the user gave it, or the name of another source: `--set processors.batch.timeout=2s`. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Writes a location as editors and terminals understand it.
 *
 * @example
 * ```ts
 * import { formatLocation } from '@otel-ts/confmap'
 * console.log(formatLocation({ file: 'gateway.yaml', line: 12, column: 18 })) // gateway.yaml:12:18
 * ```
 */
export function formatLocation(location: Location): string {
  return location.line === 0 ? location.file : `${location.file}:${location.line}:${location.column}`
}
