// SPDX-License-Identifier: Apache-2.0
// Which tests exist and run: vitest collects the files itself, so tables of tests and conditional skips count as they are.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

/**
 * @param {string} root
 * @param {string[]} files paths relative to the root
 * @returns {{ tests: Set<string>, problems: string[] }} tests as `path#describe > test`; skipped ones are not among them
 */
export function listTests(root, files) {
  const problems = []
  const existing = files.filter((file) => existsSync(join(root, file)))
  if (existing.length === 0) return { tests: new Set(), problems }
  const out = join(root, '.cache', 'conformance-tests.json')
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(out, { force: true })
  const result = spawnSync(process.execPath, [vitest, 'list', `--json=${out}`, '--root', root, ...existing], {
    cwd: root,
    encoding: 'utf8',
  })
  if (result.status !== 0 || !existsSync(out)) {
    return { tests: new Set(), problems: [`vitest list: ${result.stdout}${result.stderr}`] }
  }
  const collected = JSON.parse(readFileSync(out, 'utf8'))
  const tests = new Set(collected.map(({ file, name }) => `${relative(root, file).replaceAll('\\', '/')}#${name}`))
  return { tests, problems }
}
