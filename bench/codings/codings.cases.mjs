// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./codings.mjs', import.meta.url))

const snappyCase = (step) => ({
  name: `otlp-snappy-${step}`,
  unit: 'ns/span',
  arms: [
    { name: 'ours', module, context: { step, library: 'ours' } },
    ...['snappy', 'snappyjs'].map((name) => ({ name, module, peer: 'codings', context: { step, library: name } })),
  ],
})

export const cases = [snappyCase('encode'), snappyCase('decode')]
