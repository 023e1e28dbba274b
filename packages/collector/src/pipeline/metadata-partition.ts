// SPDX-License-Identifier: Apache-2.0
import type { ConsumeContext } from '@otel-ts/otlp'

/** What requests that may be merged have in common. */
export interface MetadataPartition {
  /** Equal exactly when all the named headers are. */
  readonly key: string
  /** The named headers alone: what a merged batch still knows of its senders. */
  readonly metadata: ReadonlyMap<string, readonly string[]>
}

const everything: MetadataPartition = { key: '', metadata: new Map() }

/** Finds the partition of a request by the values of some of its headers; absent and empty differ. */
export function metadataPartition(metadata: ConsumeContext['metadata'], keys: readonly string[]): MetadataPartition {
  if (keys.length === 0) return everything
  const own = new Map<string, readonly string[]>()
  for (const key of keys) {
    const name = key.toLowerCase()
    const values = metadata.get(name)
    if (values !== undefined) own.set(name, values)
  }
  return { key: JSON.stringify([...own]), metadata: own }
}
