// SPDX-License-Identifier: Apache-2.0
// Type-checks and runs the ```ts examples in doc comments, README files and docs. `console.log(value) // text` asserts
// that exactly this text is printed. Tagged `ts no-run` an example is only type-checked; `text` is for anything else.
// `--root <folder>` checks another tree than this repository.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './check-examples/bundle.mjs'
import { rewriteExpectations } from './check-examples/expectations.mjs'
import { extract } from './check-examples/extract.mjs'
import { exampleFiles } from './check-examples/files.mjs'
import { runExample } from './check-examples/run.mjs'

const repository = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { root: { type: 'string', default: repository } } })
const root = values.root
const work = join(root, '.cache', 'examples')

const examples = []
const problems = []
for (const file of exampleFiles(root)) {
  const found = extract(file, readFileSync(join(root, file), 'utf8'))
  problems.push(...found.problems)
  examples.push(...found.examples)
}

rmSync(work, { recursive: true, force: true })
for (const folder of ['types', 'run', 'out']) mkdirSync(join(work, folder), { recursive: true })
examples.forEach((example, index) => {
  example.id = `${String(index).padStart(4, '0')}-${basename(example.file).replace(/\W+/g, '-')}`
  // Without an import or export the compiler would take the file for a script that shares its names with the others.
  writeFileSync(join(work, 'types', `${example.id}.ts`), `${example.code}export {}\n`)
})

checkTypes()
const failedTypes = new Set(problems.map((problem) => problem.id))
const runnable = examples.filter((example) => example.run && !failedTypes.has(example.id))
for (const example of runnable) {
  const { code, expectations } = rewriteExpectations(example.code)
  example.expectations = expectations
  writeFileSync(join(work, 'run', `${example.id}.ts`), `${code}export {}\n`)
}
const assertionCount = runnable.reduce((sum, example) => sum + example.expectations.length, 0)
await runAll()

problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`)
const failed = new Set(problems.map((problem) => problem.id ?? problem.file)).size
console.log(
  `${examples.length} examples: ${runnable.length} run with ${assertionCount} expected lines, ` +
    `${examples.filter((example) => !example.run).length} only type-checked; ${failed} failed`,
)
process.exitCode = problems.length === 0 ? 0 : 1

/** One compiler run for all examples. */
function checkTypes() {
  const config = {
    extends: relative(work, join(repository, 'tsconfig.base.json')),
    compilerOptions: { noEmit: true, composite: false, declaration: false, declarationMap: false },
    include: ['types'],
  }
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', work, '--pretty', 'false'], { cwd: work, encoding: 'utf8' })
  let located = 0
  for (const line of result.stdout.split('\n')) {
    const match = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line)
    if (match === null) continue
    located++
    const example = examples.find(({ id }) => match[1] === `types/${id}.ts`)
    // Errors in the packages themselves are for the step that checks those.
    if (example !== undefined) report(example, Number(match[2]) - 1, match[3])
  }
  if (result.status !== 0 && located === 0) {
    problems.push({ file: 'tools/check-examples.mjs', line: 1, message: `tsc: ${result.stdout}${result.stderr}` })
  }
}

async function runAll() {
  const byPath = new Map(runnable.map((example) => [join(work, 'run', `${example.id}.ts`), example]))
  const { bundled, errors } = await bundle([...byPath.keys()], join(work, 'out'))
  for (const { file, line, message } of errors) report(byPath.get(file), line - 1, message)
  const waiting = [...bundled]
  const next = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const example = byPath.get(path)
      const run = { path: join(work, 'out', `${example.id}.mjs`), expectations: example.expectations }
      for (const { line, message } of await runExample(run)) report(example, line, message)
    }
  }
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, next))
}

function report(example, lineInCode, message) {
  problems.push({ file: example.file, line: example.line + lineInCode, message, id: example.id })
}
