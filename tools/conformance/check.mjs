// SPDX-License-Identifier: Apache-2.0
// Checks tests/conformance/matrix.tsv and writes docs/compliance.md; with `--check` a stale page fails instead.
// `--root <folder>` works on another tree.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { listTests } from './list-tests.mjs'
import { parseMatrix } from './matrix.mjs'
import { renderPage } from './page.mjs'

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    root: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
  },
})
const matrix = 'tests/conformance/matrix.tsv'
const page = join(values.root, 'docs', 'compliance.md')

const { rows, problems } = parseMatrix(matrix, readFileSync(join(values.root, matrix), 'utf8'))
checkTests()
if (problems.length === 0) writePage()
for (const problem of problems) console.error(problem)
console.log(`${rows.filter((row) => row.proven).length} of ${rows.length} rows proven; ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

function checkTests() {
  const files = [...new Set(rows.flatMap((row) => row.tests.map((test) => test.slice(0, test.indexOf('#')))))]
  const listed = listTests(values.root, files)
  for (const row of rows) {
    for (const test of row.tests) {
      if (listed.tests.has(test)) continue
      const file = test.slice(0, test.indexOf('#'))
      const why = existsSync(join(values.root, file))
        ? 'no such test runs (misspelt, removed or skipped)'
        : 'no such file'
      problems.push(`${matrix}:${row.line}: ${row.id}: ${test}: ${why}`)
    }
  }
  // Without the list every row above is a problem; the cause is worth more than all of them.
  const cause = listed.problems.find((problem) => problem.startsWith('vitest list'))
  if (cause !== undefined) problems.splice(0, problems.length, cause)
}

function writePage() {
  const text = renderPage(rows, readDisagreements())
  if (existsSync(page) && readFileSync(page, 'utf8') === text) return
  if (values.check) {
    problems.push('docs/compliance.md: differs from the matrix; run: node tools/conformance/check.mjs')
    return
  }
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, text)
}

function readDisagreements() {
  const file = join(values.root, 'tests', 'conformance', 'opentelemetry-js.tsv')
  if (!existsSync(file)) return new Map()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  return new Map(lines.map((line) => line.split('\t')))
}
