// SPDX-License-Identifier: Apache-2.0
// `npm test`: from a fresh clone through every test that needs only Node and npm.
import { build, install } from './install.mjs'

install()
build()
// After the install: vitest is not there before it.
const { vitest } = await import('./vitest.mjs')
process.exitCode = vitest({ name: 'test', args: process.argv.slice(2) }) ? 0 : 1
