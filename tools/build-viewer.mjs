// SPDX-License-Identifier: Apache-2.0
// Builds the viewer's page into packages/viewer/dist/web: hashed assets that may be cached for ever, an index.html that
// names them, and each file compressed beside it. Fails when the first load grows over its limit.
//   node tools/build-viewer.mjs
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'packages/viewer/src/web')
const target = join(root, 'packages/viewer/dist/web')
const maxFirstLoadBytes = 120 * 1024

async function build() {
  const result = await esbuild.build({
    absWorkingDir: source,
    entryPoints: { main: 'main.tsx', 'theme-start': 'theme-start.ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    outdir: target,
    logLevel: 'warning',
  })

  const assets = new Map()
  for (const file of result.outputFiles) assets.set(basename(file.path), Buffer.from(file.contents))
  assets.set('icon.svg', readFileSync(join(source, 'icon.svg')))

  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(target, 'assets'), { recursive: true })

  let html = readFileSync(join(source, 'index.html'), 'utf8').replace(/>\n</g, '><')
  const written = []
  for (const [name, contents] of assets) {
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10).toUpperCase()
    const hashed = `assets/${name.replace(/(\.[a-z]+)$/, `-${hash}$1`)}`
    if (!html.includes(`"/${name}"`)) throw new Error(`index.html does not name /${name}; it would never be loaded`)
    html = html.replaceAll(`"/${name}"`, `"/${hashed}"`)
    written.push(writeCompressed(hashed, contents))
  }
  written.unshift(writeCompressed('index.html', Buffer.from(html)))
  return written
}

function writeCompressed(name, contents) {
  const path = join(target, name)
  const gzip = gzipSync(contents, { level: 9 })
  const brotli = brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(path, contents)
  writeFileSync(`${path}.gz`, gzip)
  writeFileSync(`${path}.br`, brotli)
  return { name, raw: contents.length, gzip: gzip.length, brotli: brotli.length }
}

function report(files) {
  const total = { name: 'first load', raw: 0, gzip: 0, brotli: 0 }
  for (const file of files) {
    total.raw += file.raw
    total.gzip += file.gzip
    total.brotli += file.brotli
  }
  // Who starts the product does not ask for sizes.
  if (process.argv.includes('--quiet')) return total.gzip
  const kilo = (bytes) => (bytes / 1024).toFixed(1).padStart(8)
  console.log(`${'KiB'.padEnd(36)}${'raw'.padStart(8)}${'gzip'.padStart(8)}${'brotli'.padStart(8)}`)
  for (const file of [...files, total]) {
    console.log(`${file.name.padEnd(36)}${kilo(file.raw)}${kilo(file.gzip)}${kilo(file.brotli)}`)
  }
  return total.gzip
}

const firstLoad = report(await build())
if (firstLoad > maxFirstLoadBytes) {
  console.error(
    `The page's first load is ${firstLoad} bytes gzipped; allowed are ${maxFirstLoadBytes}. The files are written; the build fails.`,
  )
  process.exitCode = 1
}
