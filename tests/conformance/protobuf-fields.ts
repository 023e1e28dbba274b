// SPDX-License-Identifier: Apache-2.0

/**
 * Every value at a path of field numbers in a protobuf message, read by the wire format alone: enough to look at what
 * an exporter sent without trusting any decoder of the implementations.
 */
export function fieldsAt(message: Uint8Array, path: readonly number[]): (Uint8Array | bigint)[] {
  let level: (Uint8Array | bigint)[] = [message]
  for (const wanted of path) {
    const next: (Uint8Array | bigint)[] = []
    for (const parent of level) {
      if (typeof parent === 'bigint') continue
      for (const { field, value } of fields(parent)) if (field === wanted) next.push(value)
    }
    level = next
  }
  return level
}

/** As {@link fieldsAt}, as text. */
export function textsAt(message: Uint8Array, path: readonly number[]): string[] {
  return fieldsAt(message, path).map((value) =>
    typeof value === 'bigint' ? String(value) : Buffer.from(value).toString(),
  )
}

function* fields(message: Uint8Array): Generator<{ field: number; value: Uint8Array | bigint }> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  let offset = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(offset++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (offset < message.byteLength) {
    const tag = Number(varint())
    const field = tag >>> 3
    const wireType = tag & 7
    if (wireType === 0) yield { field, value: varint() }
    else if (wireType === 1) {
      yield { field, value: view.getBigUint64(offset, true) }
      offset += 8
    } else if (wireType === 5) {
      yield { field, value: BigInt(view.getUint32(offset, true)) }
      offset += 4
    } else if (wireType === 2) {
      const length = Number(varint())
      yield { field, value: message.subarray(offset, offset + length) }
      offset += length
    } else throw new Error(`wire type ${wireType} at offset ${offset}`)
  }
}
