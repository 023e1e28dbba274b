// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./express.mjs', import.meta.url))

// The app and its instrumentations are the same packages for all; only the SDK below them differs.
const appPeer = 'opentelemetry-js-2'
const arms = (context) => [
  ...['ours', 'opentelemetry-js-2', 'opentelemetry-js-3'].map((name) => ({
    name,
    module,
    context: { ...context, implementation: name === 'ours' ? 'ours' : 'peer' },
    peers: { appFolder: appPeer, ...(name === 'ours' ? {} : { peerFolder: name }) },
  })),
  // What the instrumentations cost by themselves, which no SDK can save.
  {
    name: 'no SDK',
    module,
    context: { ...context, implementation: 'none' },
    peers: { appFolder: appPeer },
    isFloor: true,
  },
]

export const cases = [
  { name: 'express-request', unit: 'us/request', windows: 7, arms: arms({ value: 'cpu' }) },
  { name: 'express-resident', unit: 'MB', windows: 1, arms: arms({ value: 'resident' }) },
]
