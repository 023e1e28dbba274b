// SPDX-License-Identifier: Apache-2.0

/**
 * The stable semantic conventions: names of attributes, metrics and events, values of enumerations, instruments, and
 * the URLs of the published telemetry schemas. They only change with a major version.
 *
 * Whatever else the registry holds stands at `@otel-ts/semconv/registry/<namespace>`, without that promise.
 *
 * @example
 * ```ts
 * import { ATTR_HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_VALUE_GET, SCHEMA_URL_1_44_0 } from '@otel-ts/semconv'
 * console.log(ATTR_HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_VALUE_GET) // http.request.method GET
 * console.log(SCHEMA_URL_1_44_0) // https://opentelemetry.io/schemas/1.44.0
 * ```
 *
 * @packageDocumentation
 */
export * from './generated/index.ts'
export * from './generated/schema-url.ts'
export type { MetricInstrument } from './metric-instrument.ts'
