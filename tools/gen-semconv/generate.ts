// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countModel } from './count-model.ts'
import { checkConstants } from './naming.ts'
import { readModel } from './read-model.ts'
import { renderNamespaces } from './render.ts'
import { readSchemaUrls, renderSchemaUrls } from './schema-urls.ts'

/** Folders that the generator reads and writes. */
export interface GenerateFolders {
  /** The registry's `model` folder. */
  readonly model: string
  /** Folder of published schema files, one per version. */
  readonly schemas: string
  /** Folder to write; files in it that are no longer generated are removed. */
  readonly out: string
}

/** What a run did. */
export interface GenerateResult {
  readonly fileCount: number
  readonly changedFileCount: number
  readonly removedFileCount: number
}

/**
 * Reads the registry and writes the constants. Everything is read and checked before the first file is touched.
 *
 * @throws ModelError when the model or a schema file is not as expected; nothing is written then.
 */
export function generate(folders: GenerateFolders): GenerateResult {
  const registry = readModel(folders.model)
  checkConstants(registry)
  const files = new Map(renderNamespaces(registry))
  files.set('schema-url.ts', renderSchemaUrls(readSchemaUrls(folders.schemas)))
  files.set('counts.json', `${JSON.stringify(countModel(folders.model), undefined, 2)}\n`)

  let changedFileCount = 0
  for (const [name, text] of files) {
    const path = join(folders.out, name)
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    changedFileCount++
  }
  let removedFileCount = 0
  for (const entry of readdirSync(folders.out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || files.has(path.slice(folders.out.length + 1).replaceAll('\\', '/'))) continue
    rmSync(path)
    removedFileCount++
  }
  return { fileCount: files.size, changedFileCount, removedFileCount }
}
