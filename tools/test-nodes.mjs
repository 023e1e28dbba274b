// SPDX-License-Identifier: Apache-2.0
// `npm run test:nodes`: unit and conformance tests of what user code embeds, on every supported Node but the running one.
// The binaries are npm packages without install script, kept in the cache and never on the PATH.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, root } from './install.mjs'
import { vitest } from './vitest.mjs'

const dualPackages = ['api', 'semconv', 'otlp', 'sdk', 'confmap']

/** Path of the binary of one Node line, such as `node24`, installed when needed. */
export function nodeBinary(line) {
  const source = join(root, 'tools', 'nodes')
  const lock = createHash('sha256')
    .update(readFileSync(join(source, 'package-lock.json')))
    .digest('hex')
  const folder = join(root, '.cache', 'nodes')
  const stamp = join(folder, '.lock-hash')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    process.stderr.write('installing Node 22, 24 and 26 …\n')
    mkdirSync(folder, { recursive: true })
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(source, file), join(folder, file))
    const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
      cwd: folder,
      stdio: 'inherit',
    })
    if (result.status !== 0) throw new Error(`tools/nodes: npm ci ended with ${result.status}`)
    writeFileSync(stamp, lock)
  }
  return join(folder, 'node_modules', line, 'bin', 'node')
}

if (process.argv[1] === join(root, 'tools', 'test-nodes.mjs')) {
  install()
  build()
  const lines = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['node22', 'node24', 'node26']
  let fine = true
  for (const line of lines) {
    const node = nodeBinary(line)
    const args = [...dualPackages.map((name) => `packages/${name}/`), 'contrib/', 'tests/conformance', 'tests/formats']
    fine = vitest({ name: `test-${line}`, node, args }) && fine
  }
  process.exitCode = fine ? 0 : 1
}
