// SPDX-License-Identifier: Apache-2.0
// A load generator that encodes every request would measure itself. So a request is encoded once, with placeholders where
// ids and times belong, and each copy only has those eight-byte places written over.

/** What is written over a placeholder. */
export const placeholderKind = { traceHigh: 1, traceLow: 2, span: 3, time: 4, item: 5 } as const
export type PlaceholderKind = (typeof placeholderKind)[keyof typeof placeholderKind]

const magic = [0xf3, 0x9d, 0xe1, 0x5b] as const

/** One place to write over: where, with what, and which one of its kind. */
export interface Patch {
  offset: number
  kind: PlaceholderKind
  number: number
}

/** Eight bytes in hex that stand for the `number`-th id of a kind. */
export function placeholderHex(kind: PlaceholderKind, number: number): string {
  return `f39de15b${kind.toString(16).padStart(2, '0')}${number.toString(16).padStart(6, '0')}`
}

/** The same eight bytes as a fixed64 field holds them. */
export function placeholderTime(number: number): bigint {
  const bytes = Buffer.from(placeholderHex(placeholderKind.time, number), 'hex')
  return bytes.readBigUInt64LE(0)
}

/**
 * The same eight bytes as a double, which stands for the running number of an item. The number's lowest byte comes first:
 * its highest decides the exponent, and is too small for a NaN, whose bits nobody promises to keep.
 */
export function placeholderItem(number: number): number {
  const bytes = Buffer.from(placeholderHex(placeholderKind.item, 0), 'hex')
  bytes.writeUIntLE(number, 5, 3)
  return bytes.readDoubleLE(0)
}

/** Finds every placeholder in encoded bytes. */
export function findPatches(bytes: Uint8Array): Patch[] {
  const patches: Patch[] = []
  for (let at = 0; at + 8 <= bytes.length; at++) {
    if (
      bytes[at] !== magic[0] ||
      bytes[at + 1] !== magic[1] ||
      bytes[at + 2] !== magic[2] ||
      bytes[at + 3] !== magic[3]
    )
      continue
    const kind = bytes[at + 4]! as PlaceholderKind
    const [high, low] = kind === placeholderKind.item ? [at + 7, at + 5] : [at + 5, at + 7]
    const number = (bytes[high]! << 16) | (bytes[at + 6]! << 8) | bytes[low]!
    patches.push({ offset: at, kind, number })
    at += 7
  }
  return patches
}
