// SPDX-License-Identifier: Apache-2.0
// The arrows of ARCHITECTURE.md as an allow-list. TypeScript's project references do not enforce them: with the
// source condition an import upward compiles. knip makes "imports are in package.json" true, so the manifests suffice.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each package may depend on: packages of ours, and third-party ones with a decision behind them. */
const allowed = {
  '@otel-ts/api': { ours: [], others: [] },
  '@otel-ts/semconv': { ours: [], others: [] },
  '@otel-ts/otlp': { ours: [], others: [] },
  '@otel-ts/sdk': { ours: ['@otel-ts/api', '@otel-ts/semconv', '@otel-ts/otlp'], others: [] },
  '@otel-ts/confmap': { ours: [], others: ['yaml'] },
  '@otel-ts/collector': {
    ours: ['@otel-ts/api', '@otel-ts/otlp', '@otel-ts/confmap', '@otel-ts/semconv'],
    others: [],
  },
  '@otel-ts/store': { ours: ['@otel-ts/otlp'], others: [] },
  '@otel-ts/viewer': { ours: ['@otel-ts/otlp', '@otel-ts/store'], others: [] },
  '@otel-ts/testkit': { ours: ['@otel-ts/api', '@otel-ts/otlp', '@otel-ts/collector', '@otel-ts/confmap'], others: [] },
  '@otel-ts/propagator-aws-xray': { ours: ['@otel-ts/api'], others: [] },
  '@otel-ts/propagator-jaeger': { ours: ['@otel-ts/api'], others: [] },
  '@otel-ts/propagator-ot-trace': { ours: ['@otel-ts/api'], others: [] },
  'otel-ts': {
    ours: [
      '@otel-ts/api',
      '@otel-ts/collector',
      '@otel-ts/confmap',
      '@otel-ts/otlp',
      '@otel-ts/sdk',
      '@otel-ts/semconv',
      '@otel-ts/store',
      '@otel-ts/viewer',
    ],
    others: [],
  },
}

const problems = []
for (const folder of ['packages', 'contrib']) {
  for (const name of list(folder)) {
    const file = join(folder, name, 'package.json')
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'))
    const rule = allowed[manifest.name]
    if (rule === undefined) {
      problems.push(
        `${file}: package "${manifest.name}" has no row in tools/check-layers.mjs; add one that says what it may import`,
      )
      continue
    }
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
      for (const [dependency, version] of Object.entries(manifest[kind] ?? {})) {
        const list = dependency in allowed ? rule.ours : rule.others
        if (!list.includes(dependency)) {
          problems.push(
            `${file}: ${kind}: "${dependency}" is not allowed here; allowed: ${[...rule.ours, ...rule.others].join(', ') || 'none'}`,
          )
        }
        if (!/^\d+\.\d+\.\d+/.test(version)) {
          problems.push(`${file}: ${kind}: "${dependency}" is "${version}"; only exact versions are allowed`)
        }
      }
    }
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function list(folder) {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}
