// SPDX-License-Identifier: Apache-2.0

// The keys under which every copy of the API keeps these values: the strings are part of the interface.

/** Holds the active span. */
export const spanKey: symbol = Symbol.for('OpenTelemetry Context Key SPAN')
/** Holds the baggage. */
export const baggageKey: symbol = Symbol.for('OpenTelemetry Baggage Key')
/** Holds true where tracing is suppressed. */
export const suppressTracingKey: symbol = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
