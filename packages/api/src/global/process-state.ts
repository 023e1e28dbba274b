// SPDX-License-Identifier: Apache-2.0
import type { DiagLogger } from '../diag/diag-logger.ts'

/** Something made before an SDK was there that must find the SDK without a further call of its owner. */
export interface LateBinding {
  /** Looks at the registered provider and moves to it if it is another one than last time. */
  bind(): void
}

/**
 * What all copies of this package in the process share (an application may load the ES module and the CommonJS form
 * side by side). It stands apart from the OpenTelemetry global, so that setting a logger never creates that one: an
 * object of our version made too early would keep an SDK with another version of the API from registering.
 */
export interface ProcessState {
  /** Set by `diag.setLogger`. */
  logger: DiagLogger | undefined
  /** Given by an SDK for when nobody set one. */
  fallbackLogger: DiagLogger | undefined
  /** What registration puts into the OpenTelemetry global so that npm's copies log to ours. */
  forwarder: DiagLogger | undefined
  /** Observable instruments and batch callbacks, which must act at collection without being called before. */
  readonly lateBindings: Set<LateBinding>
  /** The meter provider that {@link lateBindings} were last shown. */
  boundMeterProvider: unknown
}

const stateKey: unique symbol = Symbol.for('otel-ts.api.1') as never

const host: { [stateKey]?: ProcessState } = globalThis as never

/** The state if anything was ever put into it. */
export function existingProcessState(): ProcessState | undefined {
  return host[stateKey]
}

/** The state, made on the first use that has something to keep. */
export function processState(): ProcessState {
  return (host[stateKey] ??= {
    logger: undefined,
    fallbackLogger: undefined,
    forwarder: undefined,
    lateBindings: new Set(),
    boundMeterProvider: undefined,
  })
}
