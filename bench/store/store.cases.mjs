// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./store.mjs', import.meta.url))
const makeCase = (work, unit, more = {}) => ({
  name: `store-${work}`,
  unit,
  windows: 7,
  arms: [{ name: 'ours', module, context: { work }, ...more }],
})

export const cases = [
  makeCase('ingest', 'ns/span'),
  makeCase('bytes', 'B/span'),
  makeCase('heap', 'B/span'),
  ...['service', 'name', 'attribute', 'status-code', 'nothing-found'].map((filter) =>
    makeCase(`filter-${filter}`, 'ms'),
  ),
  makeCase('open-10k', 'ms'),
]
