// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const tool = fileURLToPath(new URL('errors-doc.mjs', import.meta.url))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'errors-doc-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(packageName: string, errors: string): void {
  const root = join(folder, 'packages', packageName)
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: `@x/${packageName}` }))
  writeFileSync(join(root, 'src', 'errors.ts'), errors)
}

function run(...args: string[]): { status: number | null; output: string } {
  const result = spawnSync(process.execPath, [tool, '--root', folder, ...args], { encoding: 'utf8' })
  return { status: result.status, output: result.stdout + result.stderr }
}

describe('errors-doc', () => {
  test('writes a table for each package', () => {
    write('b', "export const bErrors = { B_LATE: { http: 503, grpc: 14, meaning: 'Too late' } } as const\n")
    write(
      'a',
      "export const configProblems: Record<string, string> = { CONFIG_VALUE: 'Not allowed' }\nexport type A = 1\n",
    )
    expect(run()).toEqual({ status: 0, output: 'docs/errors.md: 2 codes, written\n' })
    const page = readFileSync(join(folder, 'docs', 'errors.md'), 'utf8')
    expect(page.slice(page.indexOf('## '))).toBe(`## @x/a

| code | HTTP | gRPC | meaning |
|---|---|---|---|
| \`CONFIG_VALUE\` | – | – | Not allowed |

## @x/b

| code | HTTP | gRPC | meaning |
|---|---|---|---|
| \`B_LATE\` | 503 | 14 UNAVAILABLE | Too late |
`)
  })

  test('fails with --check until the page is written again, and writes nothing itself', () => {
    write('a', "export const aErrors = { A_B: { meaning: 'One' } }\n")
    const stale = {
      status: 1,
      output: 'docs/errors.md: differs from the tables in errors.ts; run: node tools/errors-doc.mjs\n',
    }
    expect(run('--check')).toEqual(stale)
    run()
    expect(run('--check')).toEqual({ status: 0, output: 'docs/errors.md: 1 code, up to date\n' })
    write('a', "export const aErrors = { A_B: { meaning: 'Two' } }\n")
    expect(run('--check')).toEqual(stale)
    expect(readFileSync(join(folder, 'docs', 'errors.md'), 'utf8')).toContain('One')
  })

  test.each([
    [
      'export const table = {}',
      'packages/a/src/errors.ts: exports no table of codes; expected a name that ends in Errors',
    ],
    [
      "export const aErrors = { late: { meaning: 'x' } }",
      'packages/a/src/errors.ts: late: not a code; expected <AREA>_<WHAT> in capitals',
    ],
    [
      'export const aErrors = { A_B: { http: 500 } }',
      'packages/a/src/errors.ts: A_B: meaning is undefined; expected one line without "|"',
    ],
    [
      "export const aErrors = { A_B: { meaning: 'a | b' } }",
      'packages/a/src/errors.ts: A_B: meaning is "a | b"; expected one line without "|"',
    ],
    [
      "export const aErrors = { A_B: { http: 399, meaning: 'x' } }",
      'packages/a/src/errors.ts: A_B: http is 399; expected 400 to 599',
    ],
    [
      "export const aErrors = { A_B: { grpc: 17, meaning: 'x' } }",
      'packages/a/src/errors.ts: A_B: grpc is 17; expected 1 to 16',
    ],
    [
      "export const aErrors = { A_B: { grpc: 0, meaning: 'x' } }",
      'packages/a/src/errors.ts: A_B: grpc is 0; expected 1 to 16',
    ],
    [
      "export const aErrors = { A_B: { meaning: 'x' } }\nexport const bErrors = { A_B: { meaning: 'y' } }",
      'packages/a/src/errors.ts: A_B: is already a code of packages/a/src/errors.ts',
    ],
  ])('refuses %s', (source, message) => {
    write('a', source)
    expect(run()).toEqual({ status: 1, output: `${message}\n` })
  })
})
