// SPDX-License-Identifier: Apache-2.0
import { type Signal, signals } from '@otel-ts/otlp'
import { Oracle } from './oracle.ts'

// As many as it takes until every value of the oracle's tables has occurred.
const messageCounts = { traces: 400, metrics: 800, logs: 400 } as const

/** Random messages that cover every field and value; see the oracle. Always the same ones. */
export function oracleMessages(python: string, ids: 'any-ids' | 'legal-ids' = 'any-ids'): Map<Signal, Buffer[]> {
  const oracle = new Oracle(python)
  try {
    return new Map(signals.map((signal) => [signal, oracle.generate(signal, messageCounts[signal], 30, ids).messages]))
  } finally {
    oracle.close()
  }
}

/** A request with one span of these bytes. */
export function requestWithSpan(span: Buffer): Buffer {
  return nested(0x0a, nested(0x12, nested(0x12, span)))
}

/** A request with one span whose name has so many bytes. */
export function requestOfSize(nameBytes: number): Buffer {
  return requestWithSpan(nested(0x2a, Buffer.alloc(nameBytes, 'x')))
}

function nested(tag: number, bytes: Buffer): Buffer {
  const length: number[] = []
  let rest = bytes.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.of(tag), Buffer.from([...length, rest]), bytes])
}
