// SPDX-License-Identifier: Apache-2.0
// Sources to what is published: ESM and, for packages that user code embeds, CommonJS; the viewer's page; one-file
// bundles where start-up counts. Every step does nothing when its input has not changed.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './install.mjs'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

run(process.execPath, [tsc, '-b', 'tsconfig.json'])
run(process.execPath, [tsc, '-b', 'tsconfig.cjs.json'])

// Without this file Node would take the CommonJS output for ES modules, since the package says "type": "module".
for (const group of ['packages', 'contrib']) {
  for (const name of readdirSync(join(root, group))) {
    const folder = join(root, group, name)
    if (!existsSync(join(folder, 'tsconfig.cjs.json'))) continue
    writeIfChanged(join(folder, 'dist-cjs', 'package.json'), '{ "type": "commonjs" }\n')
  }
}

run(process.execPath, [join(root, 'tools', 'bundle-entries.mjs')])
run(process.execPath, [join(root, 'tools', 'build-viewer.mjs'), ...process.argv.slice(2)])

function writeIfChanged(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}
