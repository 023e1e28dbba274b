// SPDX-License-Identifier: Apache-2.0
// Bundles examples with the sources of our packages, in one run for all: shared code becomes shared chunks.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/**
 * Bundles the files that can be bundled; each other file is named in the errors.
 *
 * @param {string[]} entryPoints
 * @param {string} outdir
 * @returns {Promise<{ bundled: Set<string>, errors: { file: string, line: number, message: string }[] }>}
 */
export async function bundle(entryPoints, outdir) {
  const bundled = new Set(entryPoints)
  const errors = []
  while (bundled.size > 0) {
    const failure = await tryBundle([...bundled], outdir)
    if (failure === undefined) break
    let removed = 0
    for (const { location, text } of failure.errors) {
      const culprit = [...bundled].find((file) => location !== null && file.endsWith(location.file))
      if (culprit === undefined) continue
      errors.push({ file: culprit, line: location.line, message: text })
      removed += bundled.delete(culprit) ? 1 : 0
    }
    // The fault lies in a package: nothing that imports it can run, and which examples do is not worth finding out.
    if (removed === 0) throw failure
  }
  return { bundled, errors }
}

async function tryBundle(entryPoints, outdir) {
  try {
    await build({
      entryPoints,
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['otel-src'],
      outExtension: { '.js': '.mjs' },
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'es2023' } },
      logLevel: 'silent',
      plugins: [ownPackagesOnly, keepImportMeta],
    })
    return undefined
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error
    return error
  }
}

// Third-party code runs from node_modules as it does for users; some of it cannot be bundled.
const ownPackagesOnly = {
  name: 'own-packages-only',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@otel-ts/') ? undefined : { path, external: true },
    )
  },
}

// Sources that find files beside themselves must still do so from inside a bundle.
const keepImportMeta = {
  name: 'keep-import-meta',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.')) return undefined
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
      return { contents, loader: 'ts' }
    })
  },
}
