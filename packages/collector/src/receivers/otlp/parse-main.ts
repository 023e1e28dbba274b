// SPDX-License-Identifier: Apache-2.0
// A process started by parse-process.ts: makes batches of large bodies, one after the other. Nothing else happens here, so
// it reads and writes without an event loop, and ends when its input does.
import { readSync, writeSync } from 'node:fs'
import { type Batch, batchCounters, batchFromBytes, batchFromJson, batchToParts, isOtlpError } from '@otel-ts/otlp'
import { answerPieces, lengthBytes, type ParseAnswer, type ParseTask, type TaskHead } from './parse-frames.ts'

function batchOf({ signal, encoding, body }: ParseTask): Batch {
  return encoding === 'json' ? batchFromJson(signal, body) : batchFromBytes(signal, body)
}

function answerTo(task: ParseTask): ParseAnswer {
  batchCounters.encodedRecordCount = 0
  batchCounters.unknownFieldCount = 0
  try {
    const parts = batchToParts(batchOf(task))
    const { encodedRecordCount, unknownFieldCount } = batchCounters
    return { parts, encodedRecordCount, unknownFieldCount }
  } catch (error) {
    const { message } = error as Error
    return { error: isOtlpError(error) ? { code: error.code, message } : { message: String(error) } }
  }
}

/** Exactly so many bytes of the input; undefined when it ended. */
function take(byteCount: number): Uint8Array | undefined {
  const bytes = new Uint8Array(byteCount)
  for (let at = 0; at < byteCount; ) {
    const count = readSync(0, bytes, at, byteCount - at, null)
    if (count === 0) return undefined
    at += count
  }
  return bytes
}

function put(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(1, bytes, at)
}

function nextTask(): ParseTask | undefined {
  const length = take(lengthBytes)
  const text = length && take(Buffer.from(length).readUInt32LE())
  if (text === undefined) return undefined
  const { signal, encoding, byteCount } = JSON.parse(Buffer.from(text).toString()) as TaskHead
  const body = take(byteCount)
  return body && { signal, encoding, body }
}

for (let task = nextTask(); task !== undefined; task = nextTask()) {
  for (const piece of answerPieces(answerTo(task))) put(piece)
}
