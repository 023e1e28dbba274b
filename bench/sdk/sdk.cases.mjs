// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const moduleOf = (name) => fileURLToPath(new URL(name, import.meta.url))

function arms(module, context, more = {}) {
  return ['ours', 'opentelemetry-js-2', 'opentelemetry-js-3'].map((name) => ({
    name,
    module: moduleOf(module),
    context: { ...context, implementation: name === 'ours' ? 'ours' : 'peer' },
    ...(name === 'ours' ? {} : { peer: name }),
    ...more,
  }))
}

const spanCase = (work) => ({ name: `sdk-span-${work}`, unit: 'ns/span', arms: arms('./spans.mjs', { work }) })

export const cases = [
  ...['0', '5-options', '5-set', '20-options', '20-set', 'nested-active', 'unsampled-root', 'unsampled-child'].map(
    spanCase,
  ),
  { name: 'sdk-span-batch-encode', unit: 'ns/span', arms: arms('./batch.mjs', { data: 'typical' }) },
  { name: 'sdk-span-batch-encode-unique', unit: 'ns/span', arms: arms('./batch.mjs', { data: 'unique' }) },
  {
    name: 'sdk-span-allocated',
    unit: 'B/span',
    windows: 5,
    // A young space of 256 MB: no collection falls into a window.
    arms: arms(
      './memory.mjs',
      { work: 'allocated' },
      { nodeOptions: ['--max-semi-space-size=256', '--min-semi-space-size=256'] },
    ),
  },
  { name: 'sdk-span-retained', unit: 'B/span', windows: 5, arms: arms('./memory.mjs', { work: 'retained' }) },
  ...['protobuf', 'json'].flatMap((encoding) => [
    {
      name: `sdk-encode-${encoding}`,
      unit: 'ns/span',
      arms: arms('./encode.mjs', { encoding, data: 'typical' }),
    },
    {
      name: `sdk-encode-${encoding}-unique`,
      unit: 'ns/span',
      arms: arms('./encode.mjs', { encoding, data: 'unique' }),
    },
  ]),
  ...['metrics', 'logs'].flatMap((signal) =>
    ['protobuf', 'json'].flatMap((encoding) =>
      ['typical', 'unique'].map((data) => ({
        name: `sdk-encode-${signal}-${encoding}${data === 'unique' ? '-unique' : ''}`,
        unit: signal === 'metrics' ? 'ns/point' : 'ns/record',
        // npm's SDK makes what is encoded; ours encodes what its Node 20 line makes.
        arms: arms(`./encode-${signal}.mjs`, { encoding, data }).map((arm) => ({ peer: 'opentelemetry-js-2', ...arm })),
      })),
    ),
  ),
  { name: 'sdk-w3c-extract', unit: 'ns', arms: arms('./propagators.mjs', { work: 'extract' }) },
  { name: 'sdk-w3c-inject', unit: 'ns', arms: arms('./propagators.mjs', { work: 'inject' }) },
  {
    name: 'sdk-http-request',
    unit: 'us/request',
    windows: 9,
    // Ours, too, takes its instrumentation from the peer's folder.
    arms: arms('./http-request.mjs', {})
      .filter(({ name }) => name !== 'opentelemetry-js-3')
      .map((arm) => ({ ...arm, peer: 'opentelemetry-js-2' })),
  },
  { name: 'sdk-start-up', unit: 'ms', windows: 3, arms: arms('./start-up.mjs', {}) },
]
