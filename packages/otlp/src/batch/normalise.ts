// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import { ProtoWriter } from '../proto/writer.ts'
import { fields, type MessageId, nestedMessages, rootIds } from './tables.ts'

/**
 * Writes a checked request anew so that nothing occurs in parts: singular messages sent in several pieces are joined,
 * of each oneof only the member that counts stays, of each singular field the last value, and known fields stand in
 * order. Unknown fields are kept. What it means to a protobuf reader does not change. Legal senders hardly ever need
 * it, and everything behind it may rely on one occurrence.
 */
export function normalise(signal: Signal, bytes: Uint8Array): Uint8Array {
  const writer = new ProtoWriter(bytes.length + 64)
  writeMessage(writer, bytes, rootIds[signal], [0, bytes.length])
  return writer.take()
}

// `ranges` are pairs of bounds: the pieces in which the message came.
function writeMessage(w: ProtoWriter, b: Uint8Array, message: MessageId, ranges: readonly number[]): void {
  const found = collect(b, message, ranges)
  const numbers = [...found.keys()].sort((x, y) => x - y)
  for (const number of numbers) {
    const occurrences = found.get(number)!
    const field = number < 32 ? fields[(message << 5) | number] : undefined
    if (field === undefined || isCopied(message, number)) {
      for (const { at, end } of occurrences) w.raw(b.subarray(at, end))
    } else if (field.type !== 'message') {
      const { at, end } = occurrences.at(-1)!
      w.raw(b.subarray(at, end))
    } else {
      const nested = nestedMessages[(message << 5) | number]!
      const pieces = occurrences.map(({ start, end }) => [start, end])
      const messages = field.repeated ? pieces : [pieces.flat()]
      for (const piece of messages) {
        const mark = w.begin((number << 3) | 2, 2)
        writeMessage(w, b, nested, piece)
        w.end(mark)
      }
    }
  }
}

interface Occurrence {
  readonly at: number
  readonly start: number
  end: number
}

function isSingleScalar(message: MessageId, number: number): boolean {
  const field = number < 32 ? fields[(message << 5) | number] : undefined
  return field !== undefined && !field.repeated && field.type !== 'message'
}

// Unknown fields and lists of numbers or strings: written as they came, all of them.
function isCopied(message: MessageId, number: number): boolean {
  const field = number < 32 ? fields[(message << 5) | number] : undefined
  return field === undefined || (field.repeated && field.type !== 'message')
}

function collect(b: Uint8Array, message: MessageId, ranges: readonly number[]): Map<number, Occurrence[]> {
  const found = new Map<number, Occurrence[]>()
  // Member of each oneof that was met last: another one wipes it out.
  const members = new Map<string, number>()
  for (let i = 0; i < ranges.length; i += 2) {
    let p = ranges[i]!
    while (p < ranges[i + 1]!) {
      const at = p
      const tag = skipper.tag(b, p)
      p = skipper.next
      const start = skipper.content(b, p, tag & 7)
      p = skipper.next
      const number = tag >>> 3
      const oneof = number < 32 ? (fields[(message << 5) | number]?.oneof ?? '') : ''
      if (oneof !== '') {
        const member = members.get(oneof)
        if (member !== undefined && member !== number) found.delete(member)
        members.set(oneof, number)
      }
      const occurrences = found.get(number)
      const last = occurrences?.at(-1)
      if (occurrences === undefined || last === undefined) found.set(number, [{ at, start, end: p }])
      // A note takes fifty times the bytes of a short field: one is enough for a run that is copied as it is, and for a
      // value of which the last alone counts.
      else if (last.end === at && isCopied(message, number)) last.end = p
      else if (isSingleScalar(message, number)) occurrences[0] = { at, start, end: p }
      else occurrences.push({ at, start, end: p })
    }
  }
  return found
}

/** Steps over the fields of checked bytes. */
export const skipper = {
  /** Start of what follows the last thing read. */
  next: 0,
  /** Low 32 bits of the varint at p. */
  tag(b: Uint8Array, p: number): number {
    let value = 0
    let shift = 0
    let byte = 128
    while (byte > 127) {
      byte = b[p++]!
      if (shift < 32) value |= (byte & 127) << shift
      shift += 7
    }
    skipper.next = p
    return value >>> 0
  },
  /** Start of a field's content, given where its tag ends; `next` is where the content ends. */
  content(b: Uint8Array, p: number, wire: number): number {
    if (wire === 2) {
      const length = skipper.tag(b, p)
      const start = skipper.next
      skipper.next = start + length
      return start
    }
    if (wire === 0) skipper.tag(b, p)
    else skipper.next = p + (wire === 1 ? 8 : 4)
    return p
  },
}
