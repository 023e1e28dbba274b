// SPDX-License-Identifier: Apache-2.0
/** Path of the program of `peers/<name>`, built on demand from its Go modules; throws when it cannot be had. */
export function installGoPeer(name: string): string

/** Builds all Go peers that have not been built; returns why one could not be, after which no other is tried. */
export function buildGoPeers(): string | undefined

/** Path of a real OpenTelemetry Collector, from `OTELCOL_BIN` or from the cache; `undefined` when there is none. */
export function otelcolPath(): string | undefined
