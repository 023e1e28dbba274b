// SPDX-License-Identifier: Apache-2.0
// Rules about the files themselves: licence line, no registry host in lock files, size, pins, no unfinished marks.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

const maxBytes = 2_000_000
const problems = []
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)))

for (const file of files) {
  const size = statSync(join(root, file)).size
  if (size > maxBytes) problems.push(`${file}: ${size} bytes; the limit for a tracked file is ${maxBytes}`)
  if (/\.(ts|tsx|mjs|cjs)$/.test(file) && !file.startsWith('tests/data/')) checkSource(file)
  if (file.endsWith('package-lock.json')) checkLock(file)
  if (file.endsWith('package.json')) checkPins(file)
}

for (const need of [
  'README.md',
  'ARCHITECTURE.md',
  'VERSIONING.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  'NOTICE',
  '.ci/run',
]) {
  if (!files.includes(need)) problems.push(`${need}: missing`)
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function checkSource(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const head = text.slice(0, 200)
  if (!head.includes('SPDX-License-Identifier: Apache-2.0')) {
    problems.push(`${file}:1: no licence line; expected "// SPDX-License-Identifier: Apache-2.0"`)
  }
  if (file === 'tools/check-repository.mjs') return
  text.split('\n').forEach((line, index) => {
    if (/\b(TODO|FIXME|XXX)\b/.test(line))
      problems.push(`${file}:${index + 1}: unfinished mark: ${line.trim().slice(0, 80)}`)
    if (/\b(test|it|describe)\.(only|todo)\b/.test(line))
      problems.push(`${file}:${index + 1}: ${line.trim().slice(0, 80)}`)
    if (/@ts-ignore|\bas any\b/.test(line))
      problems.push(`${file}:${index + 1}: hides a type error: ${line.trim().slice(0, 80)}`)
  })
}

function checkLock(file) {
  if (readFileSync(join(root, file), 'utf8').includes('"resolved": "http')) {
    problems.push(
      `${file}: names the registry it was made with; make it again with omit-lockfile-registry-resolved=true in .npmrc`,
    )
  }
}

function checkPins(file) {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'))
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      if (!/^(npm:[^ ]+@)?\d+\.\d+\.\d+/.test(version))
        problems.push(`${file}: ${kind}: "${name}" is "${version}"; only exact versions are allowed`)
    }
  }
}
