// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelError, type Problem } from './problems.ts'
import { header, quote } from './render.ts'

const base = 'https://opentelemetry.io/schemas/'

/** A published telemetry schema. */
export interface SchemaUrl {
  readonly version: string
  readonly url: string
}

/**
 * Lists the schema files in `folder`, oldest first; each file's name is its version.
 *
 * @throws ModelError when a file's name is no version or its schema_url names another one.
 */
export function readSchemaUrls(folder: string): readonly SchemaUrl[] {
  const problems: Problem[] = []
  const urls: SchemaUrl[] = []
  for (const file of readdirSync(folder).sort()) {
    const problem = (line: number, message: string): void => {
      problems.push({ place: { file, line, column: 1 }, message })
    }
    if (!/^\d+\.\d+\.\d+$/.test(file)) {
      problem(1, `file name is no version; expected <major>.<minor>.<patch>`)
      continue
    }
    const lines = readFileSync(join(folder, file), 'utf8').split(/\r?\n/)
    const index = lines.findIndex((line) => line.startsWith('schema_url:'))
    const url = (lines[index] ?? '').slice('schema_url:'.length).trim()
    if (index < 0) problem(1, 'file has no schema_url')
    else if (url !== base + file)
      problem(index + 1, `schema_url is ${url}; expected ${base}${file}, after the file's name`)
    else urls.push({ version: file, url })
  }
  if (urls.length === 0 && problems.length === 0) {
    problems.push({ place: { file: folder, line: 1, column: 1 }, message: 'folder has no schema file' })
  }
  if (problems.length > 0) throw modelError(problems)
  return urls.sort((a, b) => compareVersions(a.version, b.version))
}

/** Renders one constant for each version, the list of all, and the latest. */
export function renderSchemaUrls(urls: readonly SchemaUrl[]): string {
  const constant = (version: string): string => `SCHEMA_URL_${version.replaceAll('.', '_')}`
  const latest = urls.at(-1)
  if (latest === undefined) return header
  const single = urls.map(
    ({ version, url }) =>
      `/** Telemetry schema ${version}. */\nexport const ${constant(version)} = ${quote(url)} as const\n`,
  )
  return (
    `${header}\n${single.join('\n')}\n` +
    `/** The latest telemetry schema that this release knows: rises with releases, so name a version where data must keep its meaning. */\n` +
    `export const SCHEMA_URL_LATEST = ${quote(latest.url)} as const\n\n` +
    `/** All published telemetry schemas, oldest first. */\n` +
    `export const SCHEMA_URLS = [\n${urls.map(({ url }) => `  ${quote(url)},\n`).join('')}] as const\n`
  )
}

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  return (left[0] ?? 0) - (right[0] ?? 0) || (left[1] ?? 0) - (right[1] ?? 0) || (left[2] ?? 0) - (right[2] ?? 0)
}
