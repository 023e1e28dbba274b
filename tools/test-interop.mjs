// SPDX-License-Identifier: Apache-2.0
// `npm run test:interop`: against real peers, listed in tests/interop/required.tsv. A peer that starts and disagrees
// fails; one that cannot be obtained is named as skipped with the command and its error.
import { buildGoPeers } from './go-peers.mjs'
import { build, install } from './install.mjs'
import { vitest } from './vitest.mjs'

install()
build()
// Before the tests: on a new machine a build takes longer than a test's worker may be silent.
const missing = buildGoPeers()
process.exitCode = vitest({
  name: 'interop',
  env: missing === undefined ? {} : { OTEL_TS_GO_PEERS_MISSING: missing },
  args: ['--config', 'tests/interop/vitest.config.ts', ...process.argv.slice(2)],
})
  ? 0
  : 1
