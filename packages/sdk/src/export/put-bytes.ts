// SPDX-License-Identifier: Apache-2.0

// A native copy takes 11 to 15 ns whatever the length, a loop 1 ns a byte (24 bytes: 11 against 20 ns, Node 20 to 26).
const loopLimit = 16

/** Copies `bytes` to `p` and returns the position behind them. There must be room. */
export function putBytes(b: Uint8Array, p: number, bytes: Uint8Array): number {
  const n = bytes.length
  if (n < loopLimit) for (let i = 0; i < n; i++) b[p + i] = bytes[i]!
  else b.set(bytes, p)
  return p + n
}
