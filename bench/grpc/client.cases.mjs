// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./client.mjs', import.meta.url))

// One request of 100 spans sent and answered, eight at a time: CPU time of the client alone.
export const cases = [
  {
    name: 'grpc-client-request',
    unit: 'ns/request',
    arms: [
      { name: 'ours', module, context: { implementation: 'ours' } },
      { name: 'bare node:http2', module, isFloor: true, context: { implementation: 'bare' } },
      { name: 'grpc-js', module, peer: 'grpc-js', context: { implementation: 'grpc-js' } },
    ],
  },
]
