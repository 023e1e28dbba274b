// SPDX-License-Identifier: Apache-2.0
// Runs in a worker thread, started by parse-pool.ts: makes batches of large bodies one at a time.
import { parentPort } from 'node:worker_threads'
import { type Batch, batchCounters, batchFromBytes, batchFromJson, batchToParts, isOtlpError } from '@otel-ts/otlp'
import type { ParseAnswer, ParseTask } from './parse-pool.ts'

function read({ signal, encoding, body }: ParseTask): Batch {
  return encoding === 'json' ? batchFromJson(signal, body) : batchFromBytes(signal, body)
}

function answer(task: ParseTask): void {
  batchCounters.encodedRecordCount = 0
  batchCounters.unknownFieldCount = 0
  let parts: ReturnType<typeof batchToParts>
  try {
    parts = batchToParts(read(task))
  } catch (error) {
    const refusal = isOtlpError(error) ? { code: error.code, message: error.message } : { message: String(error) }
    parentPort!.postMessage({ error: refusal } satisfies ParseAnswer)
    return
  }
  const { encodedRecordCount, unknownFieldCount } = batchCounters
  // Handed over, not copied: nothing of it is used here again.
  const buffers = parts.flatMap(({ bytes, nodes, attributes }) => [bytes.buffer, nodes.buffer, attributes.buffer])
  const found: ParseAnswer = { parts, encodedRecordCount, unknownFieldCount }
  parentPort!.postMessage(found, buffers as ArrayBuffer[])
}

parentPort!.on('message', answer)
