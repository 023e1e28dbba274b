// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./wire.mjs', import.meta.url))

const wireCase = (step, data = 'typical', peers = []) => ({
  name: `otlp-${step}${data === 'typical' ? '' : `-${data}`}`,
  unit: 'ns/span',
  arms: [
    { name: 'ours', module, context: { step, data } },
    ...peers.map((peer) => ({ name: peer, module, context: { step: peer, data } })),
  ],
})

export const cases = [
  ...['encode', 'decode', 'index', 'format-json'].flatMap((step) => [wireCase(step), wireCase(step, 'unique')]),
  ...['find-attribute', 'read-name', 'append-attribute', 'split'].map((step) => wireCase(step)),
  // JSON.parse alone is the floor of any JSON receiver.
  wireCase('parse-json', 'typical', ['json-floor']),
]
