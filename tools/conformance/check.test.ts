// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const header = 'id\tclass\tlabel\topentelemetry-js\tstate\ttests'
let folder = ''

// The tree lies in the repository, where its tests find vitest.
beforeEach(() => {
  mkdirSync(join(repository, '.cache'), { recursive: true })
  folder = mkdtempSync(join(repository, '.cache', 'conformance-'))
  write('vitest.config.ts', "export default { test: { include: ['src/**/*.test.ts'] } }\n")
  write(
    'src/a.test.ts',
    [
      "import { describe, test } from 'vitest'",
      "describe('tracer', () => {",
      "  test('starts', () => {})",
      "  test.skip('stops', () => {})",
      "  test.each([1])('counts %i', () => {})",
      "  test.skipIf(1 + 1 === 2)('waits', () => {})",
      '})',
    ].join('\n'),
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

/** The ids of the real matrix, with changes to some rows; undefined leaves a row out. */
function matrix(changes: Record<string, string | undefined>): string {
  const real = readFileSync(join(repository, 'tests/conformance/matrix.tsv'), 'utf8').trimEnd().split('\n').slice(1)
  const lines = real.flatMap((line) => {
    const [id = ''] = line.split('\t')
    if (!(id in changes)) return [`${id}\trequired\tlabel\t+\t-`]
    const change = changes[id]
    return change === undefined ? [] : [`${id}\t${change}`]
  })
  return `${[header, ...lines].join('\n')}\n`
}

function run(text: string, ...args: string[]): { status: number | null; lines: string[] } {
  write('tests/conformance/matrix.tsv', text)
  const result = spawnSync(
    process.execPath,
    [join(repository, 'tools', 'conformance', 'check.mjs'), '--root', folder, ...args],
    { encoding: 'utf8' },
  )
  return { status: result.status, lines: (result.stderr + result.stdout).trimEnd().split('\n') }
}

describe('the conformance matrix', () => {
  test('is counted by section on its page', () => {
    const text = matrix({
      T01: 'required\ta\t-\t+\tsrc/a.test.ts#tracer > starts\tsrc/a.test.ts#tracer > counts 1',
      T02: 'optional\tb | c\t?\t+\tsrc/a.test.ts#tracer > starts',
      T03: 'deprecated\td\t+\t-',
    })
    expect(run(text)).toEqual({ status: 0, lines: ['2 of 326 rows proven; 0 problems'] })
    const page = readFileSync(join(folder, 'docs/compliance.md'), 'utf8')
    expect(page).toContain('**2 of 325** of what is not deprecated, **2 of 326** of all rows.')
    expect(page).toContain('| Traces | 1 of 62 | 1 of 1 | 0 of 1 | 2 of 64 | 62 of 64 | – |\n')
    expect(page).toContain('| Baggage | 0 of 2 | – | – | 0 of 2 | 2 of 2 | – |\n')
    expect(page).toContain('| T01 | a | required | yes | [a.test.ts](../src/a.test.ts) | - |  |\n')
    expect(page).toContain('| T02 | b \\| c | optional | yes | [a.test.ts](../src/a.test.ts) | ? |  |\n')
    expect(page).toContain('| T03 | d | deprecated | no |  | + |  |\n')
  })

  test('shows what the suites measure on opentelemetry-js, and where that differs from what is published', () => {
    write(
      'tests/conformance/otel-ts.test.ts',
      "import { describe, test } from 'vitest'\ndescribe('tracer', () => {\n  test('starts', () => {})\n  test('stops', () => {})\n})\n",
    )
    write('vitest.config.ts', "export default { test: { include: ['tests/**/*.test.ts'] } }\n")
    write('tests/conformance/opentelemetry-js.tsv', 'test\treason\nstops\tit goes on\n')
    const suite = 'tests/conformance/otel-ts.test.ts#tracer'
    const text = matrix({
      T01: `required\tstart\t+\t+\t${suite} > starts`,
      T02: `required\tstop\t+\t+\t${suite} > starts\t${suite} > stops`,
      T03: `required\tsilent\t?\t+\t${suite} > stops`,
      T04: `required\tmore\t-\t+\t${suite} > starts`,
    })
    expect(run(text).status).toBe(0)
    const page = readFileSync(join(folder, 'docs/compliance.md'), 'utf8')
    expect(page).toContain('| Traces | 4 of 64 | – | – | 4 of 64 | 62 of 64 | 2 of 4 |\n')
    expect(page.slice(page.indexOf('Where the two differ'), page.indexOf('## Traces'))).toBe(`Where the two differ:

| row | what | published | measured | why |
|---|---|---|---|---|
| T02 | stop | + | - | it goes on |
| T04 | more | - | + | the tests of the row pass |

`)
  })

  test('fails with --check while the page is stale', () => {
    const stale = ['docs/compliance.md: differs from the matrix; run: node tools/conformance/check.mjs']
    expect(run(matrix({}), '--check')).toEqual({ status: 1, lines: [...stale, '0 of 326 rows proven; 1 problems'] })
    run(matrix({}))
    expect(run(matrix({}), '--check').status).toBe(0)
    expect(run(matrix({ T01: 'optional\ta\t+\t-' }), '--check').status).toBe(1)
  })

  const starts = 'required\ta\t+\t+\tsrc/a.test.ts#tracer > starts'
  test.each<[string, string, string[]]>([
    ['an unknown id', `${matrix({})}T65\trequired\ta\t+\t-\n`, [':328: id "T65" is not one of the 326 rows']],
    ['an id twice', `${matrix({})}T64\trequired\ta\t+\t-\n`, [':328: id T64 stands in line 65 already']],
    ['a missing row', matrix({ OT07: undefined }), [': row OT07 is missing']],
    [
      'another header',
      matrix({}).replace('label', 'text'),
      [':1: the header is not "id <tab> class <tab> label <tab> opentelemetry-js <tab> state <tab> tests"'],
    ],
    [
      'an unknown class',
      matrix({ T01: 'maybe\ta\t+\t-' }),
      [':2: T01: class "maybe" is not known; allowed: required, optional, deprecated'],
    ],
    ['an empty label', matrix({ T01: 'required\t\t+\t-' }), [':2: T01: the label has 0 characters; allowed: 1 to 80']],
    [
      'a label of 81 characters',
      matrix({ T01: `required\t${'x'.repeat(81)}\t+\t-` }),
      [':2: T01: the label has 81 characters; allowed: 1 to 80'],
    ],
    [
      'an unknown published state',
      matrix({ T01: 'required\ta\tN/A\t-' }),
      [':2: T01: opentelemetry-js is "N/A"; allowed: +, -, ?'],
    ],
    ['an unknown state', matrix({ T01: 'required\ta\t+\t~' }), [':2: T01: state "~" is not known; allowed: +, -']],
    [
      'proof without test',
      matrix({ T01: 'required\ta\t+\t+' }),
      [':2: T01: is + without a test; expected path#test name'],
    ],
    [
      'a test without proof',
      matrix({ T01: 'required\ta\t+\t-\tsrc/a.test.ts#tracer > starts' }),
      [':2: T01: is - but names a test; a proven row is +'],
    ],
    [
      'what is no test',
      matrix({ T01: 'required\ta\t+\t+\tsrc/a.ts' }),
      [':2: T01: "src/a.ts" does not name a test; expected path.test.ts#test name', ':2: T01: src/a.ts: no such file'],
    ],
    [
      'a missing file',
      matrix({ T01: 'required\ta\t+\t+\tsrc/b.test.ts#x' }),
      [':2: T01: src/b.test.ts#x: no such file'],
    ],
    [
      'a missing test',
      matrix({ T01: 'required\ta\t+\t+\tsrc/a.test.ts#starts' }),
      [':2: T01: src/a.test.ts#starts: no such test runs (misspelt, removed or skipped)'],
    ],
    [
      'a skipped test',
      matrix({ T01: 'required\ta\t+\t+\tsrc/a.test.ts#tracer > stops' }),
      [':2: T01: src/a.test.ts#tracer > stops: no such test runs (misspelt, removed or skipped)'],
    ],
    [
      'a test skipped by a condition',
      matrix({ T01: 'required\ta\t+\t+\tsrc/a.test.ts#tracer > waits' }),
      [':2: T01: src/a.test.ts#tracer > waits: no such test runs (misspelt, removed or skipped)'],
    ],
    [
      'a fourth row for one test',
      matrix({ T01: starts, T02: starts, T03: starts, T04: starts }),
      [':5: T04: "src/a.test.ts#tracer > starts" proves T01, T02, T03 already; one test may prove 3 rows'],
    ],
  ])('refuses %s and leaves the page alone', (_name, text, problems) => {
    const { status, lines } = run(text)
    expect(lines.slice(0, -1)).toEqual(problems.map((problem) => `tests/conformance/matrix.tsv${problem}`))
    expect(status).toBe(1)
    expect(() => readFileSync(join(folder, 'docs/compliance.md'))).toThrow('ENOENT')
  })

  test('accepts three rows for one test and a label of 80 characters', () => {
    const text = matrix({
      T01: starts,
      T02: starts,
      T03: `required\t${'x'.repeat(80)}\t+\t+\tsrc/a.test.ts#tracer > starts`,
    })
    expect(run(text).status).toBe(0)
  })
})
