// SPDX-License-Identifier: Apache-2.0
import type { ProtoWriter } from '@otel-ts/otlp/proto'
import type { ReadableSpan } from '../trace/readable-span.ts'
import { ItemSlices, ProtobufRequestEncoder } from './encode-envelope.ts'
import { writeSpan } from './encode-span.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

/** Encodes spans as one ExportTraceServiceRequest, a slice at a time. */
export function traceRequestEncoder(spans: readonly ReadableSpan[]): RequestEncoder {
  return new ProtobufRequestEncoder(groupByScope(spans), (items) => new ItemSlices(items, writeSpans))
}

function writeSpans(writer: ProtoWriter, spans: readonly ReadableSpan[], from: number, to: number): void {
  for (let i = from; i < to; i++) writeSpan(writer, spans[i]!)
}

/** Encodes spans as one ExportTraceServiceRequest, in pieces that belong one after the other. */
export function encodeTraceRequest(spans: readonly ReadableSpan[]): Uint8Array[] {
  return encodeWhole(traceRequestEncoder(spans))
}
