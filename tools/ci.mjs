// SPDX-License-Identifier: Apache-2.0
// All stages of CI in order, each to its end whatever the others did, and one closing line with the sums.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

const stages = ['check', 'test', 'test-nodes', 'test-e2e', 'test-interop']
const counts = join(root, '.cache', 'ci')
rmSync(counts, { recursive: true, force: true })

const lines = []
let broken = 0
for (const stage of stages) {
  const started = performance.now()
  console.log(`\n== ${stage}`)
  const { status } = spawnSync(process.execPath, [join(root, 'tools', `${stage}.mjs`)], {
    cwd: root,
    stdio: 'inherit',
    timeout: 45 * 60_000,
  })
  const seconds = Math.round((performance.now() - started) / 1000)
  lines.push(`${status === 0 ? 'ok  ' : 'FAIL'} ${stage.padEnd(13)} ${String(seconds).padStart(5)} s`)
  if (status !== 0) broken++
}

let passed = 0
let failed = 0
let skipped = 0
for (const file of existsSync(counts) ? readdirSync(counts) : []) {
  const result = JSON.parse(readFileSync(join(counts, file), 'utf8'))
  passed += result.numPassedTests
  failed += result.numFailedTests
  skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0)
}
// A stage that broke before it could count its tests must not look like success.
if (broken > 0 && failed === 0) failed = broken

console.log(`\n${lines.join('\n')}\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 && broken === 0 ? 0 : 1
