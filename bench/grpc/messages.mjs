// SPDX-License-Identifier: Apache-2.0
// gRPC by hand, so that senders and sinks of the benches share no code with what they measure.

export const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** A body as one message: flag, length, bytes. */
export function message(body, compressed = false) {
  const head = Buffer.alloc(5)
  head[0] = compressed ? 1 : 0
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** The response to an export of which everything was taken. */
export const emptyMessage = message(Buffer.alloc(0))
