// SPDX-License-Identifier: Apache-2.0
/** Path of the program of `peers/<name>`, built on demand from its Go modules; throws when it cannot be had. */
export function installGoPeer(name: string): string

/** Path of a real OpenTelemetry Collector, from `OTELCOL_BIN` or from the cache; `undefined` when there is none. */
export function otelcolPath(): string | undefined
