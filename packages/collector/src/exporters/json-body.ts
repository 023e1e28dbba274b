// SPDX-License-Identifier: Apache-2.0
import { type Batch, formatJson } from '@otel-ts/otlp'

/** One request as OTLP JSON in UTF-8, without line breaks. */
export function encodeJsonBody(batch: Batch): Uint8Array {
  return Buffer.from(formatJson(batch.signal, batch.records()))
}
