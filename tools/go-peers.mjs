// SPDX-License-Identifier: Apache-2.0
// Go peers: each folder of peers/ with a go.mod is a program, built on demand from the Go modules that its go.sum pins.
// The binary stays in the cache until a source of it changes; Go's own build cache makes the next build quick.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'
import { takeLock } from './peer-lock.mjs'

/**
 * Path of the program of `peers/<name>`, built if these sources have not been built yet. Throws an error that names the
 * failed command and its output when the peer cannot be had: tests show that as skipped.
 */
export function installGoPeer(name) {
  const binary = pathOf(name)
  if (existsSync(binary)) return binary
  const missing = process.env.OTEL_TS_GO_PEERS_MISSING
  if (missing !== undefined) throw new Error(missing)
  // Test files run in several processes; two builds at once would only take each other's cores.
  const release = takeLock(join(root, '.cache', 'peers', 'go-build.lock'))
  try {
    if (!existsSync(binary)) buildPeer(name, binary)
  } finally {
    release()
  }
  return binary
}

/** Builds all that have not been built; returns why one could not be, after which no other is tried. */
export function buildGoPeers() {
  try {
    for (const name of readdirSync(join(root, 'peers'))) if (sourcesOf(name).length > 0) installGoPeer(name)
    return undefined
  } catch (error) {
    return error.message
  }
}

/**
 * Path of a real OpenTelemetry Collector: what `OTELCOL_BIN` says, or the one that the interoperability tests have built.
 * `undefined` when there is neither; nothing is built here, so that a benchmark says what it lacks.
 */
export function otelcolPath() {
  if (process.env.OTELCOL_BIN !== undefined && process.env.OTELCOL_BIN !== '') return process.env.OTELCOL_BIN
  const binary = pathOf('otel-collector')
  return existsSync(binary) ? binary : undefined
}

function sourcesOf(name) {
  const folder = join(root, 'peers', name)
  const all = existsSync(folder) ? readdirSync(folder) : []
  return all
    .filter((file) => /\.go$|^go\.(mod|sum)$/.test(file))
    .sort()
    .map((file) => join(folder, file))
}

function pathOf(name) {
  const hash = createHash('sha256')
  for (const file of sourcesOf(name)) hash.update(readFileSync(file))
  return join(root, '.cache', 'peers', name, `${name}-${hash.digest('hex').slice(0, 16)}`)
}

function buildPeer(name, binary) {
  const folder = join(root, 'peers', name)
  if (sourcesOf(name).length === 0) throw new Error(`Go peer "${name}": ${folder} holds no Go module; nothing is built`)
  process.stderr.write(`building peer ${name} …\n`)
  const cache = join(root, '.cache', 'peers', name)
  mkdirSync(cache, { recursive: true })
  // A module without sources of its own names the program with a `tool` line.
  const tool = /^tool (\S+)$/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1]
  const draft = `${binary}.draft`
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', draft, tool ?? '.']
  const result = spawnSync('nice', ['-n', '19', 'go', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 15 * 60_000,
    // Without CGO no C compiler is needed. What the tool chain cannot build it shall not fetch another one for.
    env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' },
  })
  if (result.status !== 0) {
    rmSync(draft, { force: true })
    const reason = result.error?.message ?? result.stderr.trim().split('\n').slice(-3).join(' ')
    throw new Error(`go ${args.join(' ')}: ${reason}`)
  }
  for (const entry of readdirSync(cache)) if (join(cache, entry) !== draft) rmSync(join(cache, entry))
  renameSync(draft, binary)
}
