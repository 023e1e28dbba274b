// SPDX-License-Identifier: Apache-2.0

/**
 * What the registry says of a metric's instrument; each `INSTRUMENT_…` constant is one, with literal types.
 *
 * @example
 * ```ts
 * import { INSTRUMENT_HTTP_SERVER_REQUEST_DURATION, type MetricInstrument } from '@otel-ts/semconv'
 * const shown = ({ kind, unit }: MetricInstrument) => `${kind} in ${unit}`
 * console.log(shown(INSTRUMENT_HTTP_SERVER_REQUEST_DURATION)) // histogram in s
 * ```
 */
export interface MetricInstrument {
  /** Name of the metric. */
  readonly name: string
  /** Kind of instrument, spelled as in the registry. Whether it is synchronous is the instrumentation's choice. */
  readonly kind: 'counter' | 'updowncounter' | 'gauge' | 'histogram'
  /** Unit in UCUM notation, such as `s`, `By`, `1` or `{request}`. */
  readonly unit: string
  /** Type of the measured values; absent where the registry leaves it open. */
  readonly valueType?: 'int' | 'double'
}
