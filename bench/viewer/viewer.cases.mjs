// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('./viewer.mjs', import.meta.url))
const makeCase = (work) => ({
  name: `viewer-${work}`,
  unit: 'ms',
  windows: 7,
  arms: [{ name: 'ours', module, context: { work } }],
})

export const cases = [makeCase('open-10k'), makeCase('filter-100k'), makeCase('live')]
