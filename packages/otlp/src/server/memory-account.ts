// SPDX-License-Identifier: Apache-2.0
import type { ByteAccount } from '../transport/content-encoding.ts'

/**
 * Bytes that all requests of a server hold together, from the first byte read until the answer. Counted as they
 * arrive, never as announced: otherwise a few slow clients that announce much and send nothing would shut out all others.
 */
export class MemoryAccount implements ByteAccount {
  readonly limitBytes: number
  heldBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  take(byteCount: number): boolean {
    if (this.heldBytes + byteCount > this.limitBytes) return false
    this.heldBytes += byteCount
    return true
  }

  give(byteCount: number): void {
    this.heldBytes -= byteCount
  }
}
