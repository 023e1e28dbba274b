// SPDX-License-Identifier: Apache-2.0

/** Options that the OTLP/HTTP exporters of both implementations have. */
export interface OtlpHttpExporterOptions {
  readonly url: string
  readonly compression?: 'gzip' | 'none'
  readonly timeoutMillis?: number
  readonly headers?: Record<string, string>
}
