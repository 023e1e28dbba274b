// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./wire.mjs', import.meta.url))
const protobufjs = fileURLToPath(new URL('./protobufjs.mjs', import.meta.url))

const wireCase = (step, data, others = []) => ({
  name: `otlp-${step}${data === 'unique' ? '-unique' : ''}`,
  unit: 'ns/span',
  arms: [{ name: 'ours', module, context: { step, data } }, ...others],
})

const besideProtobufjs = (step, data = 'typical') =>
  wireCase(step, data, [{ name: 'protobufjs', peer: 'protobufjs', module: protobufjs, context: { step, data } }])

export const cases = [
  // opentelemetry-js writes spans, not records: its encoders are in the sdk-encode cases.
  ...['encode', 'decode', 'index'].flatMap((step) => [besideProtobufjs(step), besideProtobufjs(step, 'unique')]),
  besideProtobufjs('append-attribute'),
  // What a receiver does before it hands a request on; 'index' is what it costs when somebody reads it as well.
  ...['check', 'format-json', 'find-attribute', 'read-name', 'split'].map((step) => wireCase(step, 'typical')),
  wireCase('check', 'unique'),
  wireCase('format-json', 'unique'),
  // JSON.parse alone is the floor of any JSON receiver.
  ...['typical', 'unique'].map((data) =>
    wireCase('parse-json', data, [
      { name: 'JSON.parse', module, context: { step: 'json-floor', data }, isFloor: true },
    ]),
  ),
]
