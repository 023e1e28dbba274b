// SPDX-License-Identifier: Apache-2.0
import { type Batch, batchFromRecords, type Signal } from '@otel-ts/otlp'
import { findPatches, type Patch, placeholderKind } from './placeholder.ts'
import { templateLogs, templateMetrics, templateSpans } from './shop.ts'

/** One request, encoded once, that is stamped with fresh ids and times for every copy. */
export interface Template {
  readonly signal: Signal
  readonly itemCount: number
  readonly byteCount: number
  /**
   * A copy of the request. Its ids hold `runId` and the running number of the item, so the set of ids that were sent is
   * known without keeping it: numbers `firstNumber` to `firstNumber + itemCount - 1`.
   */
  stamp(runId: number, firstNumber: number, nowUnixNano: bigint): Uint8Array
}

/**
 * Encodes a request of `itemCount` spans, data points or log records. With `unique` each has the attribute
 * `generate.item`, its running number.
 */
export function createTemplate(signal: Signal, itemCount: number, unique = false): Template {
  const bytes = joined(batchOf(signal, itemCount, unique))
  const patches = findPatches(bytes)
  const times = new BigInt64Array(64)
  return {
    signal,
    itemCount,
    byteCount: bytes.length,
    stamp(runId, firstNumber, nowUnixNano) {
      // Spans of a request lie within 60 ms that end now, so nothing seems to come from the future.
      for (let tick = 0; tick < times.length; tick++) times[tick] = nowUnixNano - BigInt((60 - tick) * 1_000_000)
      const copy = bytes.slice()
      writePatches(new DataView(copy.buffer, copy.byteOffset, copy.length), patches, runId, firstNumber, times)
      return copy
    },
  }
}

function batchOf(signal: Signal, itemCount: number, unique: boolean): Batch {
  switch (signal) {
    case 'traces':
      return batchFromRecords('traces', templateSpans(itemCount, unique))
    case 'metrics':
      return batchFromRecords('metrics', templateMetrics(itemCount, unique))
    case 'logs':
      return batchFromRecords('logs', templateLogs(itemCount, unique))
  }
}

function joined(batch: Batch): Uint8Array {
  const chunks = batch.chunks()
  return chunks.length === 1 ? chunks[0]! : Uint8Array.from(Buffer.concat(chunks))
}

// Numbers past 2^32 carry into the upper half, which otherwise holds the run's id.
function writePatches(
  view: DataView,
  patches: readonly Patch[],
  runId: number,
  firstNumber: number,
  times: BigInt64Array,
): void {
  for (let i = 0; i < patches.length; i++) {
    const { offset, kind, number } = patches[i]!
    if (kind === placeholderKind.time) {
      view.setBigInt64(offset, times[number]!, true)
    } else if (kind === placeholderKind.traceHigh) {
      view.setUint32(offset, runId)
      view.setUint32(offset + 4, 0x7a3c51d9)
    } else if (kind === placeholderKind.item) {
      view.setFloat64(offset, firstNumber + number, true)
    } else {
      const running = firstNumber + number
      view.setUint32(offset, (runId + Math.floor(running / 0x1_0000_0000)) >>> 0)
      view.setUint32(offset + 4, running >>> 0)
    }
  }
}
