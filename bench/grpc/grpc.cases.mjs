// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./collector.mjs', import.meta.url))

// Against a bare grpc-js server that takes the message as bytes and throws it away, without looking into it.
const grpcCase = (name, context) => ({
  name: `grpc-${name}`,
  unit: 'spans/s',
  arms: [
    { name: 'ours', module, context: { ...context, implementation: 'ours' } },
    { name: 'bare grpc-js', module, peer: 'grpc-js', context: { ...context, implementation: 'grpc-js' } },
  ],
})

export const cases = [
  grpcCase('receive-batch', { to: 'nop' }),
  grpcCase('receive-gzip', { to: 'nop', gzip: true }),
  grpcCase('through', { to: 'otlp_grpc' }),
  grpcCase('through-gzip', { to: 'otlp_grpc_gzip', gzip: true }),
]
