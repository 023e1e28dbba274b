// SPDX-License-Identifier: Apache-2.0

/** A variable that holds any text. */
export type StringName =
  | 'OTEL_SERVICE_NAME'
  | 'OTEL_RESOURCE_ATTRIBUTES'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_HEADERS'
  | 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'

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
  | 'OTEL_EXPORTER_OTLP_TIMEOUT'
  | 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'

/** A variable that holds true or false. */
export type BooleanName = 'OTEL_SDK_DISABLED'

/** A variable that holds one of several words. */
export type EnumName =
  | 'OTEL_LOG_LEVEL'
  | 'OTEL_TRACES_SAMPLER'
  | 'OTEL_EXPORTER_OTLP_COMPRESSION'
  | 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION'
  | 'OTEL_EXPORTER_OTLP_PROTOCOL'
  | 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'

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

function flag(meaning: string): Variable {
  return { meaning, default: 'false' }
}

function oneOf(meaning: string, fallback: string, values: readonly string[]): ChoiceVariable {
  return { meaning, default: fallback, values }
}

const list: typeof oneOf = oneOf

const compressions = ['gzip', 'none']
const protocols = ['http/protobuf', 'http/json']

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
  OTEL_PROPAGATORS: list('Propagators, in order', 'tracecontext,baggage', ['tracecontext', 'baggage', 'none']),
  OTEL_TRACES_EXPORTER: list('Where spans go', 'otlp', ['otlp', 'console', 'none']),
  OTEL_TRACES_SAMPLER: oneOf('Sampler', 'parentbased_always_on', [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]),
  OTEL_TRACES_SAMPLER_ARG: text('Ratio of the traceidratio samplers, from 0 to 1', '1.0'),
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
  OTEL_EXPORTER_OTLP_ENDPOINT: text('Base URL; v1/traces is appended', 'http://localhost:4318'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text('URL for spans, used as it is', 'http://localhost:4318/v1/traces'),
  OTEL_EXPORTER_OTLP_HEADERS: text('Headers: key=value pairs joined by commas, percent-encoded', ''),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: text('Headers for spans; they win over the general ones', ''),
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf('Compression of requests', 'none', compressions),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: oneOf('Compression of requests with spans', 'none', compressions),
  OTEL_EXPORTER_OTLP_TIMEOUT: number('Milliseconds for one export with its retries; 0 is no limit', 10_000),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: number('Milliseconds for one export of spans', 10_000),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf('Protocol', 'http/protobuf', protocols),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: oneOf('Protocol for spans', 'http/protobuf', protocols),
}
