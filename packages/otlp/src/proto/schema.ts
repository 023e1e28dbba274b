// SPDX-License-Identifier: Apache-2.0

/** Protobuf type of a field as far as the wire and its readers tell types apart. */
export type FieldType =
  | 'bool'
  | 'enum'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'string'
  | 'bytes'
  | 'message'

/** One field of {@link messageSchemas}. */
export interface FieldSchema {
  readonly number: number
  /** Name in the .proto file. */
  readonly name: string
  readonly type: FieldType
  /** Repeated scalars are packed on writing and taken in both forms on reading. */
  readonly repeated: boolean
  /** Whether a zero value differs from an absent one: `optional` and members of a oneof. */
  readonly presence: boolean
  /** Name of the oneof, '' outside. */
  readonly oneof: string
  /** Key of the nested message in {@link messageSchemas}, '' for scalars. */
  readonly message: string
}

/** One message of OTLP 1.11's stable signals. */
export interface MessageSchema {
  readonly name: string
  readonly fields: readonly FieldSchema[]
}

// Left out on purpose: KeyValue.key_strindex and AnyValue.string_value_strindex belong to profiles; receivers of the
// stable signals take them for unknown fields.
const text: Record<string, string> = {
  TracesData: '1 resource_spans ResourceSpans*',
  ResourceSpans: '1 resource Resource, 2 scope_spans ScopeSpans*, 3 schema_url string',
  ScopeSpans: '1 scope InstrumentationScope, 2 spans Span*, 3 schema_url string',
  Span:
    '1 trace_id bytes, 2 span_id bytes, 3 trace_state string, 4 parent_span_id bytes, 5 name string, 6 kind enum, ' +
    '7 start_time_unix_nano fixed64, 8 end_time_unix_nano fixed64, 9 attributes KeyValue*, ' +
    '10 dropped_attributes_count uint32, 11 events Event*, 12 dropped_events_count uint32, 13 links Link*, ' +
    '14 dropped_links_count uint32, 15 status Status, 16 flags fixed32',
  Event: '1 time_unix_nano fixed64, 2 name string, 3 attributes KeyValue*, 4 dropped_attributes_count uint32',
  Link:
    '1 trace_id bytes, 2 span_id bytes, 3 trace_state string, 4 attributes KeyValue*, ' +
    '5 dropped_attributes_count uint32, 6 flags fixed32',
  Status: '2 message string, 3 code enum',
  MetricsData: '1 resource_metrics ResourceMetrics*',
  ResourceMetrics: '1 resource Resource, 2 scope_metrics ScopeMetrics*, 3 schema_url string',
  ScopeMetrics: '1 scope InstrumentationScope, 2 metrics Metric*, 3 schema_url string',
  Metric:
    '1 name string, 2 description string, 3 unit string, 5 gauge Gauge data, 7 sum Sum data, ' +
    '9 histogram Histogram data, 10 exponential_histogram ExponentialHistogram data, 11 summary Summary data, ' +
    '12 metadata KeyValue*',
  Gauge: '1 data_points NumberDataPoint*',
  Sum: '1 data_points NumberDataPoint*, 2 aggregation_temporality enum, 3 is_monotonic bool',
  Histogram: '1 data_points HistogramDataPoint*, 2 aggregation_temporality enum',
  ExponentialHistogram: '1 data_points ExponentialHistogramDataPoint*, 2 aggregation_temporality enum',
  Summary: '1 data_points SummaryDataPoint*',
  NumberDataPoint:
    '2 start_time_unix_nano fixed64, 3 time_unix_nano fixed64, 4 as_double double value, 5 exemplars Exemplar*, ' +
    '6 as_int sfixed64 value, 7 attributes KeyValue*, 8 flags uint32',
  HistogramDataPoint:
    '2 start_time_unix_nano fixed64, 3 time_unix_nano fixed64, 4 count fixed64, 5 sum double?, ' +
    '6 bucket_counts fixed64*, 7 explicit_bounds double*, 8 exemplars Exemplar*, 9 attributes KeyValue*, ' +
    '10 flags uint32, 11 min double?, 12 max double?',
  ExponentialHistogramDataPoint:
    '1 attributes KeyValue*, 2 start_time_unix_nano fixed64, 3 time_unix_nano fixed64, 4 count fixed64, ' +
    '5 sum double?, 6 scale sint32, 7 zero_count fixed64, 8 positive Buckets, 9 negative Buckets, 10 flags uint32, ' +
    '11 exemplars Exemplar*, 12 min double?, 13 max double?, 14 zero_threshold double',
  Buckets: '1 offset sint32, 2 bucket_counts uint64*',
  SummaryDataPoint:
    '2 start_time_unix_nano fixed64, 3 time_unix_nano fixed64, 4 count fixed64, 5 sum double, ' +
    '6 quantile_values ValueAtQuantile*, 7 attributes KeyValue*, 8 flags uint32',
  ValueAtQuantile: '1 quantile double, 2 value double',
  Exemplar:
    '2 time_unix_nano fixed64, 3 as_double double value, 4 span_id bytes, 5 trace_id bytes, 6 as_int sfixed64 value, ' +
    '7 filtered_attributes KeyValue*',
  LogsData: '1 resource_logs ResourceLogs*',
  ResourceLogs: '1 resource Resource, 2 scope_logs ScopeLogs*, 3 schema_url string',
  ScopeLogs: '1 scope InstrumentationScope, 2 log_records LogRecord*, 3 schema_url string',
  LogRecord:
    '1 time_unix_nano fixed64, 2 severity_number enum, 3 severity_text string, 5 body AnyValue, ' +
    '6 attributes KeyValue*, 7 dropped_attributes_count uint32, 8 flags fixed32, 9 trace_id bytes, 10 span_id bytes, ' +
    '11 observed_time_unix_nano fixed64, 12 event_name string',
  Resource: '1 attributes KeyValue*, 2 dropped_attributes_count uint32, 3 entity_refs EntityRef*',
  InstrumentationScope: '1 name string, 2 version string, 3 attributes KeyValue*, 4 dropped_attributes_count uint32',
  EntityRef: '1 schema_url string, 2 type string, 3 id_keys string*, 4 description_keys string*',
  KeyValue: '1 key string, 2 value AnyValue',
  AnyValue:
    '1 string_value string value, 2 bool_value bool value, 3 int_value int64 value, 4 double_value double value, ' +
    '5 array_value ArrayValue value, 6 kvlist_value KeyValueList value, 7 bytes_value bytes value',
  ArrayValue: '1 values AnyValue*',
  KeyValueList: '1 values KeyValue*',
}

function parseField(source: string): FieldSchema {
  const [number, name, typeText, oneof = ''] = source.trim().split(' ') as [string, string, string, string?]
  const type = typeText.replace(/[*?]$/, '')
  const isMessage = type in text
  return {
    number: Number(number),
    name,
    type: isMessage ? 'message' : (type as FieldType),
    repeated: typeText.endsWith('*'),
    presence: typeText.endsWith('?') || oneof !== '',
    oneof,
    message: isMessage ? type : '',
  }
}

/**
 * Every message and field of the stable signals, by message name. The index, its error messages and its editor are
 * driven by this table; the encoders and decoders of records are written out.
 */
export const messageSchemas: Readonly<Record<string, MessageSchema>> = Object.fromEntries(
  Object.entries(text).map(([name, fields]) => [name, { name, fields: fields.split(',').map(parseField) }]),
)

/** Names of the messages; the position in this list is the number that the index knows a message by. */
export const messageNames: readonly string[] = Object.keys(text)

/** The root message of each signal; `Export…ServiceRequest` has the same fields. */
export const rootMessages = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' } as const

/** Wire type of one occurrence of this field, unpacked. */
export function wireType(type: FieldType): 0 | 1 | 2 | 5 {
  if (type === 'fixed64' || type === 'sfixed64' || type === 'double') return 1
  if (type === 'fixed32') return 5
  return type === 'string' || type === 'bytes' || type === 'message' ? 2 : 0
}
