// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./collector.mjs', import.meta.url))

// Against a bare server that throws the body away (and inflates it first when it is compressed): what any program on
// node:http has to pay. Below 1x by nature; the gates say how far.
const httpCase = (name, context, peer = 'bare node:http') => ({
  name: `http-${name}`,
  unit: 'spans/s',
  arms: [
    { name: 'ours', module, context: { ...context, implementation: 'ours' } },
    { name: peer, module, context: { ...context, implementation: 'bare' } },
  ],
})

export const cases = [
  httpCase('receive-batch', { to: 'nop' }),
  httpCase('receive-gzip', { to: 'nop', gzip: true }, 'bare node:http + gunzip'),
  httpCase('through', { to: 'otlp_http' }),
  httpCase('through-gzip', { to: 'otlp_http_gzip', gzip: true }, 'bare node:http + gunzip'),
]
