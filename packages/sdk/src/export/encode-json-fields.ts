// SPDX-License-Identifier: Apache-2.0
import { type JsonWriter, quote } from './json-writer.ts'

/** A text as JSON without its quotes: ids should be hex, but whatever they are, they must not end the string they stand in. */
export function bareText(text: string): string {
  return quote(String(text)).slice(1, -1)
}

/**
 * Writes epoch time in nanoseconds without its quotes: uint64 is text in JSON, and seconds and nanoseconds only need to
 * stand side by side. Times before 1970 become 0.
 */
export function writeJsonTime(writer: JsonWriter, time: readonly [number, number]): void {
  const [seconds, nanos] = time
  if (seconds > 0 && seconds < 0x7fffffff && nanos >= 0 && nanos < 1e9) {
    writer.digits(seconds, 1)
    writer.digits(nanos, 9)
    return
  }
  if (!(seconds >= 0)) writer.text('0')
  else writer.text(String(BigInt(Math.round(seconds)) * 1_000_000_000n + BigInt(Math.round(nanos))))
}
