// SPDX-License-Identifier: Apache-2.0
// What a user's resolver will make of each package: publint on the manifest, attw on the packed files.
// The source condition is for this repository alone; it is taken out of a copy of the manifest before packing,
// as at publication, since `src` is not shipped.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

const work = join(root, '.cache', 'pack')
const problems = []
rmSync(work, { recursive: true, force: true })
mkdirSync(work, { recursive: true })

for (const folder of ['packages', 'contrib']) {
  if (!existsSync(join(root, folder))) continue
  for (const name of readdirSync(join(root, folder)).sort()) check(join(root, folder, name), name)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function check(source, name) {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  if (manifest.private) return
  const copy = join(work, name)
  mkdirSync(copy)
  writeFileSync(join(copy, 'package.json'), JSON.stringify(publishedManifest(manifest), null, 2))
  for (const file of [...manifest.files, 'README.md']) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(copy, file), { recursive: true })
  }
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--loglevel=error'], {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const tarball = join(copy, packed.filename)
  tool(name, 'publint', ['run', copy, '--strict', '--pack', 'false'])
  // Which resolvers a package answers to: the embedded ones all of them, the rest ES modules only.
  const profile = manifest.exports['.']?.require === undefined ? 'esm-only' : 'strict'
  if (Object.keys(manifest.exports).some((key) => key === '.')) {
    tool(name, 'attw', [
      tarball,
      '--profile',
      profile,
      '--format',
      'ascii',
      '--no-emoji',
      '--no-color',
      ...subpathsForNode10(manifest),
    ])
  }
}

// Resolution "node10" knows no `exports`; subpaths are for newer resolvers, and README says so.
function subpathsForNode10(manifest) {
  const subpaths = Object.keys(manifest.exports).filter((key) => key !== '.' && key !== './package.json')
  return subpaths.length === 0 ? [] : ['--ignore-rules', 'no-resolution']
}

function tool(name, command, args) {
  const result = spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, encoding: 'utf8' })
  if (result.status !== 0) problems.push(`${name}: ${command}\n${result.stdout}${result.stderr}`)
}

function publishedManifest(manifest) {
  const text = JSON.stringify(manifest, (key, value) => (key === 'otel-src' ? undefined : value))
  return JSON.parse(text)
}
