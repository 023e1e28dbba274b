// SPDX-License-Identifier: Apache-2.0
// `npm run test:interop`: against real peers, listed in tests/interop/required.tsv. A peer that starts and disagrees
// fails; one that cannot be obtained is named as skipped with the command and its error.
import { build, install } from './install.mjs'
import { vitest } from './vitest.mjs'

install()
build()
process.exitCode = vitest({
  name: 'interop',
  args: ['--config', 'tests/interop/vitest.config.ts', ...process.argv.slice(2)],
})
  ? 0
  : 1
