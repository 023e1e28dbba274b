// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./client.mjs', import.meta.url))

// One request of 100 spans sent and answered, eight at a time: CPU time of the client alone. Beside node:http with kept
// connections and nothing else, which any client on it has to pay; below 1x by nature.
export const cases = [
  {
    name: 'http-client-request',
    unit: 'ns/request',
    arms: [
      { name: 'ours', module, context: { implementation: 'ours' } },
      { name: 'bare node:http', module, context: { implementation: 'bare' } },
    ],
  },
]
