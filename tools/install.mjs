// SPDX-License-Identifier: Apache-2.0
// Installs what the lock file names, once per lock file. Dependency-free: it runs on a fresh clone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Installs unless the tree already belongs to this lock file. Not `npm ci`: that refuses a lock file which does not list
 * the optional binaries of every platform, and ours lists those of the platform it was made on. `npm install --no-save`
 * takes the same versions from the lock and leaves it as it is.
 */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.otel-ts-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('installing dependencies …\n')
  run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'])
  writeFileSync(stamp, lock)
}

/** Builds all packages; quick when nothing changed. */
export function build() {
  run(process.execPath, [join(root, 'tools', 'build.mjs'), '--quiet'])
}

/** Runs a command to its end with our output; ends this process with its code when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) {
    process.stderr.write(`${command}: ${result.error.message}\n`)
    process.exit(1)
  }
  if (result.status !== 0) process.exit(result.status ?? 1)
}
