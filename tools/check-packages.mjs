// SPDX-License-Identifier: Apache-2.0
// What a user's resolver will make of each package: publint on the manifest, "are the types wrong" on the packed files.
// The source condition is for this repository alone; it is taken out of a copy of the manifest before packing, as at
// publication, since `src` is not shipped.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from './install.mjs'

const work = join(root, '.cache', 'pack')
const cacheFile = join(root, '.cache', 'packages-checked.json')
const checked = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {}
const problems = []

for (const folder of ['packages', 'contrib']) {
  if (!existsSync(join(root, folder))) continue
  for (const name of readdirSync(join(root, folder)).sort()) await check(join(root, folder, name), name)
}
writeFileSync(cacheFile, JSON.stringify(checked))
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

async function check(source, name) {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  if (manifest.private) return
  // Types take seconds to check; what has not changed since it was fine is fine.
  const hash = hashOf(source, manifest)
  if (checked[name] === hash) return
  const copy = join(work, name)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  const published = publishedManifest(manifest)
  writeFileSync(join(copy, 'package.json'), JSON.stringify(published, undefined, 2))
  for (const file of [...manifest.files, 'README.md']) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(copy, file), { recursive: true })
  }
  const found = [...(await lint(copy, published)), ...(await checkTypes(copy, published))]
  problems.push(...found.map((text) => `${relative(root, source)}: ${text}`))
  if (found.length === 0) checked[name] = hash
}

async function lint(copy, published) {
  const { messages } = await publint({ pkgDir: copy, strict: true, pack: false })
  return messages.map((message) => `publint: ${message.type}: ${formatMessage(message, published)}`)
}

async function checkTypes(copy, published) {
  // Commands and pages have no types to resolve.
  if (published.exports['.'] === undefined) return []
  const output = execFileSync('npm', ['pack', '--json', '--loglevel=error'], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(output)
  const { problems: found } = await checkPackage(createPackageFromTarballData(readFileSync(join(copy, filename))))
  const isDual = published.exports['.'].require !== undefined
  return found.filter((problem) => matters(problem, isDual)).map((problem) => `types: ${JSON.stringify(problem)}`)
}

// Packages of the Collector's side are ES modules only. Resolution "node10" knows no `exports`: it finds the root of dual
// packages, and their subpaths are for newer resolvers.
function matters(problem, isDual) {
  if (problem.kind === 'CJSResolvesToESM') return isDual
  if (problem.resolutionKind === 'node10') return isDual && problem.entrypoint === '.'
  return true
}

function publishedManifest(manifest) {
  return JSON.parse(JSON.stringify(manifest, (key, value) => (key === 'otel-src' ? undefined : value)))
}

function hashOf(source, manifest) {
  const hash = createHash('sha256').update(JSON.stringify(manifest))
  for (const file of manifest.files) addTo(hash, join(source, file))
  return hash.digest('hex')
}

function addTo(hash, path) {
  if (!existsSync(path)) return
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(d\.ts|js|mjs|cjs|json)$/.test(entry.name)) continue
    hash.update(join(entry.parentPath, entry.name)).update(readFileSync(join(entry.parentPath, entry.name)))
  }
}
