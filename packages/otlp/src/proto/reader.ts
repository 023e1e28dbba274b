// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'

// A byte order mark is text like any other here.
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Reads one small protobuf message field by field, checking every length. For messages where speed does not matter;
 * telemetry goes through the index and the decoders behind it.
 *
 * @example
 * ```ts
 * import { ProtoReader } from '@otel-ts/otlp/proto'
 * const reader = new ProtoReader('Status', Uint8Array.of(0x08, 0x03, 0x12, 0x02, 0x6e, 0x6f))
 * while (reader.next()) {
 *   if (reader.field === 1) console.log(reader.uint32()) // 3
 *   else if (reader.field === 2) console.log(reader.string()) // no
 *   else reader.skip()
 * }
 * ```
 */
export class ProtoReader {
  readonly #message: string
  readonly #bytes: Uint8Array
  #pos = 0
  #wire = 0
  /** Number of the field that the last `next` met. */
  field = 0

  constructor(message: string, bytes: Uint8Array) {
    this.#message = message
    this.#bytes = bytes
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.#pos >= this.#bytes.length) return false
    const at = this.#pos
    const tag = Number(this.#varint() & 0xffffffffn)
    this.field = tag >>> 3
    this.#wire = tag & 7
    if (this.field === 0) {
      throw otlpError(
        'OTLP_WIRE_TYPE',
        `${this.#message}: tag at offset ${at} has field number 0; allowed are 1 to 536870911; message refused`,
      )
    }
    return true
  }

  /** A varint field as an unsigned 32-bit number. */
  uint32(): number {
    this.#expect(0)
    return Number(this.#varint() & 0xffffffffn)
  }

  /** A varint field as a signed 64-bit integer. */
  int64(): bigint {
    this.#expect(0)
    return BigInt.asIntN(64, this.#varint())
  }

  /** A string field; invalid UTF-8 shows as U+FFFD. */
  string(): string {
    return textDecoder.decode(this.bytes())
  }

  /** A bytes, string or message field, as a view. */
  bytes(): Uint8Array {
    this.#expect(2)
    return this.#take(Number(this.#varint()))
  }

  /** Passes over the field. */
  skip(): void {
    if (this.#wire === 0) this.#varint()
    else if (this.#wire === 1) this.#take(8)
    else if (this.#wire === 2) this.#take(Number(this.#varint()))
    else if (this.#wire === 5) this.#take(4)
    else this.#expect(2)
  }

  #expect(wire: number): void {
    if (this.#wire === wire) return
    throw otlpError(
      'OTLP_WIRE_TYPE',
      `${this.#message}: field ${this.field} before offset ${this.#pos} has wire type ${this.#wire}; expected ${wire}; message refused`,
    )
  }

  #take(length: number): Uint8Array {
    const remaining = this.#bytes.length - this.#pos
    if (length > remaining) {
      throw otlpError(
        'OTLP_TRUNCATED',
        `${this.#message}: field ${this.field} claims ${length} bytes at offset ${this.#pos}, but only ${remaining} remain; message refused`,
      )
    }
    const start = this.#pos
    this.#pos += length
    return this.#bytes.subarray(start, this.#pos)
  }

  #varint(): bigint {
    const start = this.#pos
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#pos]
      if (byte === undefined) {
        throw otlpError(
          'OTLP_TRUNCATED',
          `${this.#message}: varint at offset ${start} claims a further byte, but only 0 remain; message refused`,
        )
      }
      this.#pos++
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw otlpError(
      'OTLP_VARINT',
      `${this.#message}: varint at offset ${start} goes on after 10 bytes; allowed are 10; message refused`,
    )
  }
}
