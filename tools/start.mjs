// SPDX-License-Identifier: Apache-2.0
// `npm start`: from a fresh clone to the running all-in-one.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, install, root } from './install.mjs'

install()
build()

const child = spawn(process.execPath, [join(root, 'packages', 'cli', 'bin', 'otel-ts.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128)
})
