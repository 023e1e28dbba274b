// SPDX-License-Identifier: Apache-2.0
// The entries of `api` and `sdk` for Node as few files: what a process pays at start is the number of modules, not their work.
// The SDK with its OTLP exporter is some seventy modules as compiled; bundled it is two.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './install.mjs'

/** What is bundled into one package; other packages stay imports, so that a process holds them once. */
const bundled = {
  api: [],
  sdk: ['@otel-ts/otlp', '@otel-ts/semconv'],
}

for (const [name, inlined] of Object.entries(bundled)) await bundlePackage(join(root, 'packages', name), inlined)

async function bundlePackage(folder, inlined) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.entries(manifest.exports)
    .filter(([, conditions]) => conditions.node !== undefined)
    .map(([subpath, conditions]) => ({
      name: subpath === '.' ? 'index' : subpath.slice(2),
      source: join(folder, conditions.import.default),
    }))
  const external = Object.keys(manifest.dependencies ?? {}).filter((dependency) => !inlined.includes(dependency))
  const shared = {
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    external: external.flatMap((dependency) => [dependency, `${dependency}/*`]),
  }
  // One file that holds all entries, and each entry hands out its part. Left to split by entries, the code that some but
  // not all of them share would be five files more. What is imported on demand stays apart.
  const esm = join(folder, 'dist', 'bundle')
  rmSync(esm, { recursive: true, force: true })
  const names = await Promise.all(entries.map(({ source }) => exportsOf(source, shared)))
  const parts = entries.map(({ source }, index) => {
    const list = names[index].map((name) => `${name} as entry${index}_${name}`)
    return `export { ${list.join(', ')} } from ${JSON.stringify(source)}`
  })
  await build({
    ...shared,
    stdin: { contents: parts.join('\n'), resolveDir: folder, loader: 'js', sourcefile: 'all.js' },
    entryNames: 'all',
    outdir: esm,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared-[hash]',
  })
  entries.forEach(({ name }, index) => {
    const list = names[index].map((exported) => `entry${index}_${exported} as ${exported}`)
    writeFileSync(join(esm, `${name}.js`), `export { ${list.join(', ')} } from './all.js'\n`)
  })

  // CommonJS has no splitting: one file holds all entries, and each entry hands out its part.
  const cjs = join(folder, 'dist-cjs', 'bundle')
  rmSync(cjs, { recursive: true, force: true })
  mkdirSync(cjs, { recursive: true })
  const all = entries.map(({ source }, index) => `export * as entry${index} from ${JSON.stringify(source)}`).join('\n')
  await build({
    ...shared,
    stdin: { contents: all, resolveDir: folder, loader: 'js' },
    outfile: join(cjs, 'all.js'),
    format: 'cjs',
  })
  entries.forEach(({ name }, index) => {
    writeFileSync(join(cjs, `${name}.js`), `module.exports = require('./all.js').entry${index}\n`)
  })
}

/** Names that a module exports. */
async function exportsOf(source, shared) {
  const { metafile } = await build({
    ...shared,
    entryPoints: [source],
    format: 'esm',
    write: false,
    metafile: true,
    sourcemap: false,
    outdir: '.',
  })
  return Object.values(metafile.outputs)[0].exports
}
