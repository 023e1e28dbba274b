// SPDX-License-Identifier: Apache-2.0
// One report of the public API per package entry, `packages/<name>/api/<entry>.api.md`: a change of the public surface
// shows in review as a change of that file. `--check` fails when a report is stale; without it they are written.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './install.mjs'

const check = process.argv.includes('--check')
const cacheFile = join(root, '.cache', 'api-reports.json')
const cache = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {}
const problems = []
let extractor

for (const folder of ['packages', 'contrib']) {
  if (!existsSync(join(root, folder))) continue
  for (const name of readdirSync(join(root, folder)).sort()) await reportPackage(join(root, folder, name))
}
mkdirSync(join(root, '.cache'), { recursive: true })
writeFileSync(cacheFile, JSON.stringify(cache))
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

async function reportPackage(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private) return
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    const types = conditions?.import?.types ?? conditions?.types
    if (types === undefined || subpath.includes('*')) continue
    const entry = subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')
    const report = join(folder, 'api', `${entry}.api.md`)
    // Extraction takes seconds a package; unchanged declarations cannot change the report.
    const key = relative(root, report)
    const hash = hashOf([join(folder, 'dist'), report])
    if (cache[key] === hash) continue
    const fine = await extract(folder, join(folder, types), entry)
    if (fine) cache[key] = hashOf([join(folder, 'dist'), report])
    else
      problems.push(`${key}: the public API differs from its report; look at the change, then run: npm run api-reports`)
  }
}

async function extract(folder, entryFile, entry) {
  extractor ??= await import('@microsoft/api-extractor')
  const { Extractor, ExtractorConfig } = extractor
  mkdirSync(join(folder, 'api'), { recursive: true })
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: entryFile,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            module: 'nodenext',
            moduleResolution: 'nodenext',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            lib: ['es2023'],
          },
          files: [entryFile],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${entry}.api.md`,
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(root, '.cache', 'api', relative(root, folder)),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'none' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  })
  const lines = []
  const result = Extractor.invoke(config, {
    localBuild: !check,
    showVerboseMessages: false,
    messageCallback(message) {
      message.handled = true
      if (message.logLevel === 'error') lines.push(message.text)
    },
  })
  if (lines.length > 0) problems.push(lines.join('\n'))
  return result.errorCount === 0 && (!check || !result.apiReportChanged)
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) addTo(hash, path)
  return hash.digest('hex')
}

function addTo(hash, path) {
  if (!existsSync(path)) return
  if (path.endsWith('.d.ts') || path.endsWith('.api.md')) {
    hash.update(path.slice(root.length)).update(readFileSync(path))
    return
  }
  if (/\.\w+$/.test(path)) return
  for (const name of readdirSync(path).sort()) addTo(hash, join(path, name))
}
