// SPDX-License-Identifier: Apache-2.0

/** An option of the OTLP exporters: a general variable, and one for each signal that wins over it. */
export type OtlpName<O extends string> = `OTEL_EXPORTER_OTLP_${'' | 'TRACES_' | 'METRICS_' | 'LOGS_'}${O}`

/** A variable that holds any text. */
export type StringName =
  | 'OTEL_SERVICE_NAME'
  | 'OTEL_RESOURCE_ATTRIBUTES'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | OtlpName<'ENDPOINT' | 'HEADERS' | 'CERTIFICATE' | 'CLIENT_KEY' | 'CLIENT_CERTIFICATE'>

/** A variable that holds a whole number. */
export type NumberName =
  | 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'
  | 'OTEL_ATTRIBUTE_COUNT_LIMIT'
  | 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'
  | 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'
  | 'OTEL_SPAN_EVENT_COUNT_LIMIT'
  | 'OTEL_SPAN_LINK_COUNT_LIMIT'
  | 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'
  | 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'
  | 'OTEL_BSP_SCHEDULE_DELAY'
  | 'OTEL_BSP_EXPORT_TIMEOUT'
  | 'OTEL_BSP_MAX_QUEUE_SIZE'
  | 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'
  | OtlpName<'TIMEOUT'>

/** A variable that holds true or false. */
export type BooleanName = 'OTEL_SDK_DISABLED' | OtlpName<'INSECURE'>

/** A variable that holds one of several words. */
export type EnumName =
  | 'OTEL_LOG_LEVEL'
  | 'OTEL_TRACES_SAMPLER'
  | OtlpName<'COMPRESSION' | 'PROTOCOL'>
  | 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'
  | 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'

/** A variable that holds a list of words. */
export type ListName = 'OTEL_PROPAGATORS' | 'OTEL_TRACES_EXPORTER'

/** A variable of the table. */
export type VariableName = StringName | NumberName | BooleanName | EnumName | ListName

/** What the table says of every variable. */
export interface Variable {
  readonly meaning: string
  /** As it stands in documentation. */
  readonly default: string
}

/** What it says of a number. */
export interface NumberVariable extends Variable {
  readonly minimum: number
}

/** What it says of a choice or list. */
export interface ChoiceVariable extends Variable {
  readonly values: readonly string[]
}

type RowOf<N extends VariableName> = N extends NumberName
  ? NumberVariable
  : N extends EnumName | ListName
    ? ChoiceVariable
    : Variable

function text(meaning: string, fallback: string): Variable {
  return { meaning, default: fallback }
}

function number(meaning: string, fallback: number | string, minimum = 0): NumberVariable {
  return { meaning, default: String(fallback), minimum }
}

function flag(meaning: string, fallback = 'false'): Variable {
  return { meaning, default: fallback }
}

function oneOf(meaning: string, fallback: string, values: readonly string[]): ChoiceVariable {
  return { meaning, default: fallback, values }
}

const list: typeof oneOf = oneOf

// Four rows of one kind: the general variable with the default, and one a signal that falls back to it.
function perSignal<O extends string, R extends Variable>(
  option: O,
  row: (meaning: string, fallback: string) => R,
  meaning: string,
  fallback: string,
): { readonly [N in OtlpName<O>]: R } {
  const general = `OTEL_EXPORTER_OTLP_${option}`
  const rows: Record<string, R> = { [general]: row(meaning, fallback) }
  for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
    const own = `As ${general}, for ${signal.toLowerCase()} alone; wins over it`
    rows[`OTEL_EXPORTER_OTLP_${signal}_${option}`] = row(own, general)
  }
  return rows as { readonly [N in OtlpName<O>]: R }
}

/**
 * Every environment variable that the SDK reads: name, kind, default and meaning. Only variables of what exists are
 * here; documentation is generated from this table.
 */
export const environment: { readonly [N in VariableName]: RowOf<N> } = {
  OTEL_SDK_DISABLED: flag('Registers no tracer provider; propagators stay active'),
  OTEL_LOG_LEVEL: oneOf('Least level of the diagnostic logger on stderr', 'info', [
    'none',
    'error',
    'warn',
    'info',
    'debug',
    'verbose',
    'all',
  ]),
  OTEL_SERVICE_NAME: text('service.name of the resource; wins over OTEL_RESOURCE_ATTRIBUTES', 'unknown_service:node'),
  OTEL_RESOURCE_ATTRIBUTES: text('Attributes of the resource: key=value pairs joined by commas, percent-encoded', ''),
  OTEL_PROPAGATORS: list(
    'Propagators, in order; jaeger, ottrace and xray are in packages @otel-ts/propagator-jaeger, -ot-trace and -aws-xray',
    'tracecontext,baggage',
    ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'ottrace', 'xray', 'none'],
  ),
  OTEL_TRACES_EXPORTER: list('Where spans go', 'otlp', ['otlp', 'otlp/stdout', 'console', 'none']),
  OTEL_TRACES_SAMPLER: oneOf('Sampler', 'parentbased_always_on', [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
    'jaeger_remote',
    'parentbased_jaeger_remote',
  ]),
  OTEL_TRACES_SAMPLER_ARG: text(
    'Ratio of the traceidratio samplers, from 0 to 1; for the jaeger_remote ones `endpoint=http://localhost:5778,pollingIntervalMs=60000,initialSamplingRate=0.001`, in which each part may be left out',
    '1.0',
  ),
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: number('Characters of an attribute value', 'no limit'),
  OTEL_ATTRIBUTE_COUNT_LIMIT: number('Attributes', 128),
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: number('Characters of an attribute value of a span', 'no limit'),
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: number('Attributes of a span', 128),
  OTEL_SPAN_EVENT_COUNT_LIMIT: number('Events of a span', 128),
  OTEL_SPAN_LINK_COUNT_LIMIT: number('Links of a span', 128),
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: number('Attributes of one event', 128),
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: number('Attributes of one link', 128),
  OTEL_BSP_SCHEDULE_DELAY: number('Milliseconds between two exports of the batch span processor', 5000),
  OTEL_BSP_EXPORT_TIMEOUT: number('Milliseconds that one export may take; 0 is no limit', 30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: number('Spans that may wait', 2048, 1),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: number('Spans in one export', 512, 1),
  OTEL_EXPORTER_OTLP_ENDPOINT: text(
    'Where data goes: over HTTP the base URL to which v1/traces, v1/metrics or v1/logs is appended',
    'http://localhost:4318, for grpc http://localhost:4317',
  ),
  // These three are no base: what is given is the URL of the request.
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text(
    'URL for traces, used as it is',
    'v1/traces under OTEL_EXPORTER_OTLP_ENDPOINT',
  ),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: text(
    'URL for metrics, used as it is',
    'v1/metrics under OTEL_EXPORTER_OTLP_ENDPOINT',
  ),
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: text('URL for logs, used as it is', 'v1/logs under OTEL_EXPORTER_OTLP_ENDPOINT'),
  ...perSignal(
    'PROTOCOL',
    (meaning, fallback) => oneOf(meaning, fallback, ['grpc', 'http/protobuf', 'http/json']),
    'Protocol',
    'http/protobuf',
  ),
  ...perSignal('HEADERS', text, 'Headers: key=value pairs joined by commas, values percent-encoded', ''),
  ...perSignal(
    'COMPRESSION',
    (meaning, fallback) => oneOf(meaning, fallback, ['gzip', 'none']),
    'Compression of requests',
    'none',
  ),
  ...perSignal('TIMEOUT', number, 'Milliseconds for one export with its retries; 0 is no limit', '10000'),
  ...perSignal(
    'INSECURE',
    flag,
    'Whether gRPC goes without TLS to an endpoint without http:// or https://, which win over this; true for unix:',
    'false',
  ),
  ...perSignal(
    'CERTIFICATE',
    text,
    'File with the certificates (PEM) that the endpoint may be signed by',
    'those of Node',
  ),
  ...perSignal('CLIENT_KEY', text, 'File with the private key (PEM) of the client certificate', ''),
  ...perSignal('CLIENT_CERTIFICATE', text, 'File with the certificate (PEM) by which this client shows who it is', ''),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: oneOf('Temporality of exported metrics', 'cumulative', [
    'cumulative',
    'delta',
    'lowmemory',
  ]),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: oneOf(
    'Aggregation of histograms',
    'explicit_bucket_histogram',
    ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
  ),
}
