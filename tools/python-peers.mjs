// SPDX-License-Identifier: Apache-2.0
// Python peers: a virtual environment per folder of peers/ that has a requirements.txt, made on demand in the cache.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'
import { takeLock } from './peer-lock.mjs'

/**
 * Path of the Python interpreter that has the packages of `peers/<name>/requirements.txt`. Throws an error that names the
 * failed command and its output when the peer cannot be had: tests show that as skipped.
 */
export function installPythonPeer(name) {
  const requirements = join(root, 'peers', name, 'requirements.txt')
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  const folder = join(root, '.cache', 'peers', name)
  const stamp = join(folder, '.requirements-hash')
  const python = join(folder, 'bin', 'python')
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
  if (isInstalled()) return python
  const release = takeLock(join(root, '.cache', 'peers', `${name}.lock`))
  try {
    if (isInstalled()) return python
    process.stderr.write(`installing peer ${name} …\n`)
    rmSync(folder, { recursive: true, force: true })
    execute('python3', ['-m', 'venv', folder])
    execute(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements])
    writeFileSync(stamp, hash)
  } finally {
    release()
  }
  return python
}

function execute(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 })
  if (result.status === 0) return
  const reason = result.error?.message ?? result.stderr.trim().split('\n').at(-1)
  throw new Error(`${command} ${args.join(' ')}: ${reason}`)
}
