// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./receive.mjs', import.meta.url))

// The server alone, which checks every message, against a bare grpc-js server that takes it as bytes and throws it away.
export const cases = [
  {
    name: 'grpc-receive',
    unit: 'spans/s',
    arms: [
      { name: 'ours', module, context: { implementation: 'ours' } },
      { name: 'bare grpc-js', module, peer: 'grpc-js', context: { implementation: 'grpc-js' } },
    ],
  },
]
