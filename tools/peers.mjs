// SPDX-License-Identifier: Apache-2.0
// npm peers: each folder of peers/ with a package-lock.json, installed on demand into the cache. Dependency-free.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))

/**
 * Folder with the files of `peers/<name>` and the node_modules that its lock file names. Installs them if this lock has
 * not been installed yet, and prints one line when it does. Throws an error that names the failed command and its output
 * when the peer cannot be had: tests show that as skipped.
 */
export function installPeer(name) {
  const source = join(repository, 'peers', name)
  const lock = join(source, 'package-lock.json')
  if (!existsSync(lock)) {
    throw new Error(
      `peer "${name}": ${lock} is missing; expected one of: ${npmPeers().join(', ')}; nothing is installed`,
    )
  }
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16)
  const cache = join(repository, '.cache', 'peers', name)
  const folder = join(cache, hash)
  if (!existsSync(folder)) {
    process.stderr.write(`installing peer ${name} …\n`)
    const draft = join(cache, `draft-${process.pid}`)
    try {
      copyFiles(source, draft)
      npmCi(draft)
      // Test files run in several processes: whoever is first gives the folder its name, complete or not at all.
      takeName(draft, folder)
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
    removeOthers(cache, hash)
  }
  copyFiles(source, folder)
  return folder
}

function takeName(draft, folder) {
  try {
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}

function npmPeers() {
  const all = readdirSync(join(repository, 'peers')).sort()
  return all.filter((name) => existsSync(join(repository, 'peers', name, 'package-lock.json')))
}

/** Copies the files, programs of the peer among them, that differ. */
function copyFiles(source, target) {
  mkdirSync(target, { recursive: true })
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    const from = join(source, entry.name)
    const to = join(target, entry.name)
    if (entry.isDirectory()) copyFiles(from, to)
    else if (!existsSync(to) || !readFileSync(to).equals(readFileSync(from))) copyFileSync(from, to)
  }
}

function npmCi(folder) {
  const args = ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']
  const result = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 300_000 })
  if (result.status === 0) return
  const reason = result.error?.message ?? result.stderr.trim().split('\n').slice(-3).join(' ')
  throw new Error(`npm ${args.join(' ')}: ${reason}`)
}

/** Removes what older lock files of this peer left. */
function removeOthers(cache, hash) {
  for (const entry of readdirSync(cache)) {
    if (/^[0-9a-f]{16}$/.test(entry) && entry !== hash) rmSync(join(cache, entry), { recursive: true, force: true })
  }
}
