// SPDX-License-Identifier: Apache-2.0
// What the receiver and the process that reads large bodies say to each other, in both directions: the length of a head
// (4 bytes, little-endian), the head as JSON, and the bytes that it announces.
import type { BatchPart, OtlpEncoding, OtlpErrorCode, Signal } from '@otel-ts/otlp'

/** What the process is asked. */
export interface ParseTask {
  readonly signal: Signal
  readonly encoding: OtlpEncoding
  readonly body: Uint8Array
}

/** What it answers: the batch in parts, or why there is none; without a code the fault is ours. */
export type ParseAnswer =
  | { readonly parts: readonly BatchPart[]; readonly encodedRecordCount: number; readonly unknownFieldCount: number }
  | { readonly error: { readonly code?: OtlpErrorCode; readonly message: string } }

export interface TaskHead {
  readonly signal: Signal
  readonly encoding: OtlpEncoding
  readonly byteCount: number
}

interface PartHead {
  readonly byteCount: number
  readonly nodeCount: number
  readonly attributeCount: number
  readonly itemCount: number
  readonly unknownFieldCount: number
}

export type AnswerHead =
  | { readonly parts: readonly PartHead[]; readonly encodedRecordCount: number; readonly unknownFieldCount: number }
  | Extract<ParseAnswer, { readonly error: unknown }>

/** Length of what stands before each head. */
export const lengthBytes = 4

/** The pieces that carry a task. */
export function taskPieces({ signal, encoding, body }: ParseTask): Uint8Array[] {
  return [headBytes({ signal, encoding, byteCount: body.byteLength } satisfies TaskHead), body]
}

/** The pieces that carry an answer. */
export function answerPieces(answer: ParseAnswer): Uint8Array[] {
  if ('error' in answer) return [headBytes(answer)]
  const parts: PartHead[] = []
  const pieces: Uint8Array[] = []
  for (const { bytes, nodes, attributes, itemCount, unknownFieldCount } of answer.parts) {
    parts.push({
      byteCount: bytes.byteLength,
      nodeCount: nodes.length,
      attributeCount: attributes.length,
      itemCount,
      unknownFieldCount,
    })
    pieces.push(bytes, bytesOf(nodes), bytesOf(attributes))
  }
  return [headBytes({ ...answer, parts } satisfies AnswerHead), ...pieces]
}

/** The answer that a head begins, and the memory that the bytes after it belong into, in order. */
export function answerOf(head: AnswerHead): { readonly answer: ParseAnswer; readonly targets: Uint8Array[] } {
  if ('error' in head) return { answer: head, targets: [] }
  const targets: Uint8Array[] = []
  const parts = head.parts.map(({ byteCount, nodeCount, attributeCount, itemCount, unknownFieldCount }): BatchPart => {
    const bytes = new Uint8Array(byteCount)
    const nodes = new Int32Array(nodeCount)
    const attributes = new Int32Array(attributeCount)
    targets.push(bytes, bytesOf(nodes), bytesOf(attributes))
    return { bytes, nodes, attributes, itemCount, unknownFieldCount }
  })
  return { answer: { ...head, parts }, targets }
}

function headBytes(head: TaskHead | AnswerHead): Uint8Array {
  const text = Buffer.from(JSON.stringify(head))
  const bytes = Buffer.allocUnsafe(lengthBytes + text.byteLength)
  bytes.writeUInt32LE(text.byteLength)
  text.copy(bytes, lengthBytes)
  return bytes
}

// Both ends are one machine, so the order of bytes in a word is the same.
function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
