// SPDX-License-Identifier: Apache-2.0
// `npm run test:fuzz`: the fuzz tests of `npm test` with 60 s an endpoint in place of 5.
import { build, install } from './install.mjs'
import { vitest } from './vitest.mjs'

install()
build()
const seconds = process.env['OTEL_TS_FUZZ_SECONDS'] ?? '60'
process.exitCode = vitest({
  name: 'fuzz',
  args: ['fuzz', '--testTimeout=600000'],
  env: { OTEL_TS_FUZZ_SECONDS: seconds },
})
  ? 0
  : 1
