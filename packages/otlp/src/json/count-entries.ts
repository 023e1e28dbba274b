// SPDX-License-Identifier: Apache-2.0
import { baseEntries, maxJsonEntries } from '../batch/entry-limits.ts'
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'

/**
 * Throws OTLP_TOO_MANY when JSON text has more objects and arrays than its size allows, before any of them is made: `{},`
 * is three bytes as text and some 270 as records. Reads 20 MiB in some 50 ms; text too short for too many is not read.
 */
export function checkJsonEntries(signal: Signal, text: Uint8Array): void {
  const end = text.length
  if (end <= baseEntries) return
  const allowed = maxJsonEntries(end)
  let count = 0
  for (let i = 0; i < end; i++) {
    const unit = text[i]!
    if (unit === 0x22) {
      // To the end of the string; what a backslash precedes does not end it.
      for (i++; i < end; i++) {
        const inner = text[i]!
        if (inner === 0x22) break
        if (inner === 0x5c) i++
      }
    } else if ((unit | 0x20) === 0x7b && ++count > allowed) {
      throw otlpError(
        'OTLP_TOO_MANY',
        `${signal} JSON: at offset ${i} it has ${count} objects and arrays in ${end} bytes; allowed are ${allowed}; request refused, send smaller ones`,
      )
    }
  }
}
