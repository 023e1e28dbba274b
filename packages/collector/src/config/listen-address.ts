// SPDX-License-Identifier: Apache-2.0
import { field, oneOf } from '@otel-ts/confmap'

/** `transport` of servers. */
export const transportField = field(oneOf(['tcp', 'unix']), {
  default: 'tcp',
  description: 'What `endpoint` is: `tcp` an address, `unix` the path of a socket.',
})

/** What is wrong with an address to listen on, in words; undefined when nothing is. */
export function listenProblem(server: {
  readonly endpoint: string
  readonly transport: 'tcp' | 'unix'
}): string | undefined {
  const { endpoint, transport } = server
  if (transport === 'unix') {
    // The kernel's limit: sun_path has 108 bytes with its end.
    return Buffer.byteLength(endpoint) <= 107 ? undefined : 'expected a socket path of at most 107 bytes'
  }
  const match = /^(?:\[[0-9a-fA-F:.%]+\]|[^:[\]/]*):(\d{1,5})$/.exec(endpoint)
  if (match !== null && Number(match[1]) <= 65_535) return undefined
  return `expected host:port such as localhost:4318, 0.0.0.0:4318 or [::1]:4318 with a port from 0 to 65535, got ${JSON.stringify(endpoint)}`
}
