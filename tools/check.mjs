// SPDX-License-Identifier: Apache-2.0
// `npm run check`: everything that can be said about the code without running the product, two steps at a time.
// Prints one line a step; a failing step's output follows its line.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, root } from './install.mjs'

const bin = (name) => join(root, 'node_modules', '.bin', name)
const node = process.execPath

install()
build()

const steps = [
  { name: 'format and lint', run: [bin('biome'), 'ci', '--colors=off', '--error-on-warnings', '.'] },
  { name: 'typed lint', run: [bin('oxlint'), '--type-aware', '--quiet'] },
  { name: 'types of tests and tools', run: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'types of the page', run: [bin('tsc'), '-p', 'packages/viewer/src/web'] },
  { name: 'layers', run: [node, 'tools/check-layers.mjs'] },
  { name: 'unused code and undeclared imports', run: [bin('knip')] },
  { name: 'API reports', run: [node, 'tools/api-reports.mjs', '--check'] },
  { name: 'package manifests', run: [node, 'tools/check-packages.mjs'] },
  { name: 'examples in docs', run: [node, 'tools/check-examples.mjs'] },
  { name: 'error catalogue', run: [node, 'tools/errors-doc.mjs', '--check'] },
  { name: 'environment and exporter tables', run: [node, 'tools/environment-docs.mjs', '--check'] },
  { name: 'conformance matrix', run: [node, 'tools/conformance/check.mjs', '--check'] },
  { name: 'component tables', run: [node, 'tools/component-readme.mjs', '--check'] },
  { name: 'benchmark table', run: [node, 'bench/table.mjs', '--check'] },
  { name: 'repository', run: [node, 'tools/check-repository.mjs'] },
]

const only = process.argv.slice(2)
const chosen = only.length === 0 ? steps : steps.filter((step) => only.some((word) => step.name.includes(word)))
const width = Math.max(...chosen.map((step) => step.name.length))
let failed = 0
let next = 0

async function worker() {
  for (let step = chosen[next++]; step !== undefined; step = chosen[next++]) {
    const started = performance.now()
    const { code, output } = await capture(step.run)
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name.padEnd(width)} ${seconds} s`)
    if (code !== 0) {
      failed++
      console.log(output.trimEnd().replace(/^/gm, '     '))
    }
  }
}

await Promise.all([worker(), worker()])
console.log(`${chosen.length - failed} passed, ${failed} failed, 0 skipped`)
mkdirSync(join(root, '.cache', 'ci'), { recursive: true })
writeFileSync(
  join(root, '.cache', 'ci', 'check.json'),
  JSON.stringify({ numPassedTests: chosen.length - failed, numFailedTests: failed, numPendingTests: 0 }),
)
process.exitCode = failed === 0 ? 0 : 1

function capture([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, FORCE_COLOR: '0' } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
