// SPDX-License-Identifier: Apache-2.0

/** The ways of the OTLP exporters. */
export type OtlpWay = 'protobuf' | 'json' | 'grpc'

/** Options that the OTLP exporters of both implementations have. */
export interface OtlpExporterOptions {
  readonly url?: string
  readonly compression?: 'gzip' | 'none'
  readonly timeoutMillis?: number
  readonly headers?: Record<string, string>
}
