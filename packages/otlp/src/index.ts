// SPDX-License-Identifier: Apache-2.0

export type { Batch, BatchCounters, RecordsBySignal } from './batch/batch.ts'
export type { AttributeKey, BatchIndex, NodeKind, ValueType } from './batch/batch-index.ts'
export { nodeKind, valueType } from './batch/batch-index.ts'
export type { AuthData, Consume, ConsumeContext, ConsumeError, Consumer } from './batch/consume.ts'
export { batchCounters } from './batch/counters.ts'
export type { BatchEditor } from './batch/edit.ts'
export { batchFromBytes } from './batch/from-bytes.ts'
export { batchFromJson } from './batch/from-json.ts'
export { batchFromRecords } from './batch/from-records.ts'
export { attributeKey, mergeBatches, splitBySource } from './batch/merge.ts'
export type { BatchPart } from './batch/parts.ts'
export { batchFromParts, batchToParts } from './batch/parts.ts'
export { splitBatch, splitBatchStepwise } from './batch/split.ts'
export type {
  OtlpClient,
  OtlpClientObserver,
  OtlpEncoding,
  OtlpOutcome,
  OtlpRequest,
  PartialSuccess,
  RetryPolicy,
} from './client/client.ts'
export type { Clock, Timer } from './clock.ts'
export { systemClock } from './clock.ts'
export { decodeLogs, decodeMetrics, decodeTraces } from './decode/decode.ts'
export { decodeExportResponse, decodeStatus } from './decode/response.ts'
export { encodeLogs, encodeMetrics, encodeTraces } from './encode/encode.ts'
export { encodeExportResponse, encodeStatus } from './encode/response.ts'
export type { ConsumeErrorDetails, OtlpError, OtlpErrorCode } from './errors.ts'
export { consumeError, isConsumeError, isOtlpError, otlpError, otlpErrors } from './errors.ts'
export { formatJson } from './json/format.ts'
export { parseJson } from './json/parse.ts'
export type { AnyValue, ArrayValue, KeyValue, KeyValueList } from './model/any-value.ts'
export type * from './model/logs.ts'
export type * from './model/metrics.ts'
export type { EntityRef, InstrumentationScope, Resource, Signal } from './model/resource.ts'
export { signals } from './model/resource.ts'
export type { RpcStatus, StatusDetail } from './model/response.ts'
export { badRequestTypeUrl, retryInfoTypeUrl } from './model/response.ts'
export type * from './model/traces.ts'
