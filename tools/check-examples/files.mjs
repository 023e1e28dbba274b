// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'dist-cjs'])

/**
 * Files that may hold examples: Markdown of the root, `docs`, packages and contrib, and the sources of packages.
 *
 * @param {string} root
 * @returns {string[]} paths relative to the root
 */
export function exampleFiles(root) {
  const files = readdirSync(root).filter((name) => name.endsWith('.md'))
  walk(root, 'docs', (name) => name.endsWith('.md'), files)
  for (const folder of ['packages', 'contrib']) {
    walk(
      root,
      folder,
      // API reports quote declarations, not examples.
      (name) =>
        (name.endsWith('.md') && !name.endsWith('.api.md')) || (name.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(name)),
      files,
    )
  }
  return files.sort()
}

function walk(root, folder, wanted, files) {
  if (!existsSync(join(root, folder))) return
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) walk(root, path, wanted, files)
    } else if (wanted(entry.name)) files.push(path)
  }
}
