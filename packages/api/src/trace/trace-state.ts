// SPDX-License-Identifier: Apache-2.0

/**
 * What tracing systems send along with a trace: up to 32 key-value pairs. Immutable: changes return a new one.
 * Specification: trace/api.md#tracestate, W3C Trace Context Level 2 section 3.3.
 */
export interface TraceState {
  /** Adds or replaces a pair and moves it to the front. An invalid key or value changes nothing. */
  set(key: string, value: string): TraceState
  /** Removes a pair. */
  unset(key: string): TraceState
  get(key: string): string | undefined
  /** The `tracestate` header: pairs from the most to the least recently changed. */
  serialize(): string
}
