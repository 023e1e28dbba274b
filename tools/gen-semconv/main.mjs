// SPDX-License-Identifier: Apache-2.0
// Writes the constants of @otel-ts/semconv from a checkout of the semantic-conventions registry.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const usage = `usage: node tools/gen-semconv/main.mjs --model <folder> [--schemas <folder>] [--out <folder>]
  --model    model folder of a checkout of the OpenTelemetry semantic conventions
  --schemas  folder with one published schema file per version (default: the folder "schemas" beside the model)
  --out      folder to write (default: packages/semconv/src/generated)`

let values
try {
  ;({ values } = parseArgs({
    options: { model: { type: 'string' }, schemas: { type: 'string' }, out: { type: 'string' } },
  }))
} catch (error) {
  fail(`${error.message}\n${usage}`)
}
if (values.model === undefined) fail(`--model is missing; nothing generated\n${usage}`)

// The generator is TypeScript, which Node 20 cannot load by itself.
const bundle = join(root, '.cache', 'gen-semconv.mjs')
mkdirSync(dirname(bundle), { recursive: true })
await build({
  entryPoints: [join(root, 'tools', 'gen-semconv', 'generate.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
})
const { generate } = await import(pathToFileURL(bundle).href)
try {
  const result = generate({
    model: values.model,
    schemas: values.schemas ?? join(values.model, '..', 'schemas'),
    out: values.out ?? join(root, 'packages', 'semconv', 'src', 'generated'),
  })
  console.log(
    `${result.fileCount} files generated: ${result.changedFileCount} changed, ${result.removedFileCount} removed`,
  )
} catch (error) {
  if (error.code === undefined) throw error
  fail(error.message)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
