// SPDX-License-Identifier: Apache-2.0

import { fileExporterParts, type OtlpFileExporterOptions } from '../export/otlp-file.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'
import { OtlpLogExporter } from '../logs/otlp-log-exporter.ts'
import { OtlpMetricExporter, type OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'

export type { LineStream } from '../export/file-output.ts'
export type { OtlpFileExporterOptions } from '../export/otlp-file.ts'
export type { OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'
export {
  type AggregationSelector,
  AggregationTemporalityPreference,
  type AggregationTemporalitySelector,
} from '../metrics/temporality.ts'

/**
 * Writes spans as JSON lines, each a TracesData object, to standard output or to the end of a file: OTLP file exporter,
 * `protocol/file-exporter.md` [Development]. An export succeeds when the operating system has taken the line; a line
 * that it does not take fails the export, and the next one tries again.
 *
 * @throws OTLP_OPTION when both `path` and `stream` are given.
 *
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { BatchSpanProcessor, TracerProvider } from '@otel-ts/sdk'
 * import { OtlpFileTraceExporter } from '@otel-ts/sdk/otlp-file'
 * const path = join(await mkdtemp(join(tmpdir(), 'spans-')), 'spans.jsonl')
 * const exporter = new OtlpFileTraceExporter({ path })
 * const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
 * provider.getTracer('example').startSpan('work').end()
 * await provider.shutdown()
 * const [line] = (await readFile(path, 'utf8')).split('\n')
 * console.log(JSON.parse(line!).resourceSpans[0].scopeSpans[0].spans[0].name) // work
 * ```
 */
export class OtlpFileTraceExporter extends OtlpTraceExporter {
  constructor(options?: OtlpFileExporterOptions) {
    super(fileExporterParts(options))
  }
}

/** Options of {@link OtlpFileMetricExporter}. */
export interface OtlpFileMetricExporterOptions extends OtlpFileExporterOptions, OtlpMetricOptions {}

/**
 * Writes metrics as JSON lines, each a MetricsData object with one collection, as {@link OtlpFileTraceExporter} does spans.
 *
 * @throws OTLP_OPTION when both `path` and `stream` are given.
 *
 * @example
 * ```ts
 * import { OtlpFileMetricExporter } from '@otel-ts/sdk/otlp-file'
 * const exporter = new OtlpFileMetricExporter({ temporalityPreference: 1 })
 * console.log(exporter.selectAggregationTemporality('COUNTER')) // 1
 * await exporter.shutdown()
 * ```
 */
export class OtlpFileMetricExporter extends OtlpMetricExporter {
  constructor(options?: OtlpFileMetricExporterOptions) {
    super(fileExporterParts(options), options)
  }
}

/**
 * Writes log records as JSON lines, each a LogsData object, as {@link OtlpFileTraceExporter} does spans.
 *
 * @throws OTLP_OPTION when both `path` and `stream` are given.
 *
 * @example
 * ```ts
 * import { OtlpFileLogExporter } from '@otel-ts/sdk/otlp-file'
 * const exporter = new OtlpFileLogExporter({ stream: process.stdout })
 * console.log(exporter.destination) // stream
 * await exporter.shutdown()
 * ```
 */
export class OtlpFileLogExporter extends OtlpLogExporter {
  constructor(options?: OtlpFileExporterOptions) {
    super(fileExporterParts(options))
  }
}
