// SPDX-License-Identifier: Apache-2.0

/** Grows by doubling; segments keep everything of variable length in one of these. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Whole backing array; only the first `length` bytes are written. Replaced when the arena grows. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  /** Bytes held on the heap, written or not: what the store accounts. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Unsigned integer below 2^53, seven bits a byte. */
  varint(value: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8)
    let at = this.length
    const bytes = this.#bytes
    while (value >= 0x10000000) {
      bytes[at++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    while (value >= 128) {
      bytes[at++] = (value & 127) | 128
      value >>>= 7
    }
    bytes[at++] = value
    this.length = at
  }

  byte(value: number): void {
    if (this.length + 1 > this.#bytes.length) this.#grow(1)
    this.#bytes[this.length++] = value
  }

  uint64(value: bigint): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setBigUint64(this.length, value, true)
    this.length += 8
  }

  int64(value: bigint): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setBigInt64(this.length, value, true)
    this.length += 8
  }

  double(value: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** Length, then the bytes. */
  sized(value: Uint8Array): void {
    this.varint(value.length)
    if (this.length + value.length > this.#bytes.length) this.#grow(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** Leaves room for a length that is known only after its content; give the result to {@link closeLength}. */
  openLength(): number {
    if (this.length + 4 > this.#bytes.length) this.#grow(4)
    this.length += 4
    return this.length
  }

  closeLength(start: number): void {
    this.#view.setUint32(start - 4, this.length - start, true)
  }

  /** Gives back the room that doubling left over. */
  trim(): void {
    if (this.length === this.#bytes.length) return
    this.#bytes = this.#bytes.slice(0, this.length)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #grow(need: number): void {
    let capacity = Math.max(64, this.#bytes.length * 2)
    while (capacity < this.length + need) capacity *= 2
    const bigger = new Uint8Array(capacity)
    bigger.set(this.#bytes.subarray(0, this.length))
    this.#bytes = bigger
    this.#view = new DataView(bigger.buffer)
  }
}

/** Reads what a {@link ByteWriter} wrote. One reader serves a whole scan: set `position` and read on. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  varint(): number {
    const bytes = this.#bytes
    let at = this.position
    let byte = bytes[at++]!
    if (byte < 128) {
      this.position = at
      return byte
    }
    let value = byte & 127
    let scale = 128
    do {
      byte = bytes[at++]!
      value += (byte & 127) * scale
      scale *= 128
    } while (byte >= 128)
    this.position = at
    return value
  }

  byte(): number {
    return this.#bytes[this.position++]!
  }

  uint64(): bigint {
    const value = this.#view.getBigUint64(this.position, true)
    this.position += 8
    return value
  }

  int64(): bigint {
    const value = this.#view.getBigInt64(this.position, true)
    this.position += 8
    return value
  }

  double(): number {
    const value = this.#view.getFloat64(this.position, true)
    this.position += 8
    return value
  }

  /** A copy, so that the caller does not keep the whole segment alive. */
  sized(): Uint8Array {
    const length = this.varint()
    const value = this.#bytes.slice(this.position, this.position + length)
    this.position += length
    return value
  }

  skipSized(): void {
    const length = this.varint()
    this.position += length
  }

  fixedLength(): number {
    const value = this.#view.getUint32(this.position, true)
    this.position += 4
    return value
  }
}
