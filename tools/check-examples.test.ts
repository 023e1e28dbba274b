// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('..', import.meta.url))
let folder = ''

// The tree lies in the repository, where the compiler finds the types of Node and examples find our packages.
function check(files: Record<string, string>): { status: number | null; stdout: string; stderr: string[] } {
  mkdirSync(join(repository, '.cache'), { recursive: true })
  folder = mkdtempSync(join(repository, '.cache', 'check-examples-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const result = spawnSync(process.execPath, [join(repository, 'tools', 'check-examples.mjs'), '--root', folder], {
    encoding: 'utf8',
  })
  return { status: result.status, stdout: result.stdout, stderr: result.stderr.trimEnd().split('\n') }
}

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function markdown(...code: string[]): string {
  return ['# Title', '', '```ts', ...code, '```', ''].join('\n')
}

describe('check-examples', () => {
  test('runs examples of Markdown and doc comments and counts them', () => {
    const { status, stdout, stderr } = check({
      'README.md': markdown('const n: number = 1', 'console.log(n, [n]) // 1 [ 1 ]'),
      'docs/guides/a.md': [
        '- in a list:',
        '  ```ts',
        '  if (true) {',
        "    console.log('a') // a",
        '  }',
        '  const text = `one',
        '  two`',
        '  console.log(JSON.stringify(text)) // "one\\ntwo"',
        '  ```',
        '',
        '```text',
        'anything // at all',
        '```',
        '```ts no-run',
        "throw new Error('only type-checked')",
        '```',
        '',
      ].join('\n'),
      'packages/a/src/a.ts': [
        '/**',
        ' * Doubles.',
        ' *',
        ' * ```ts',
        " * import { readFileSync } from 'node:fs'",
        ' * for (const word of [`x)`, "x)"]) console.log(',
        ' *   word, // the argument',
        ' * ); // x)',
        ' * await new Promise((resolve) => setImmediate(resolve))',
        " * console.log('unchecked')",
        ' * console.log(typeof readFileSync) // function',
        ' * ```',
        ' */',
        'export const a = "```ts"',
        '',
      ].join('\n'),
      'packages/a/src/a.test.ts': '/**\n * ```ts\n * throw 1\n * ```\n */\n',
      'packages/a/dist/README.md': markdown('throw 1'),
    })
    expect({ status, stderr, stdout }).toEqual({
      status: 0,
      stderr: [''],
      stdout: '4 examples: 3 run with 5 expected lines, 1 only type-checked; 0 failed\n',
    })
  })

  test('keeps globals, environment and ending of one example from the others', () => {
    const { status, stderr } = check({
      'README.md':
        markdown("process.env['X_LEFT'] = '1'", 'Object.assign(globalThis, { left: 1 })', 'process.exit(0)') +
        markdown("console.log(process.env['X_LEFT'], 'left' in globalThis) // undefined false"),
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: [''] })
  })

  test('names file, line and reason of everything that is wrong', () => {
    const { status, stdout, stderr } = check({
      'a.md': markdown("console.log('b') // b", 'console.log(1 + 1) // 3'),
      'b.md': markdown('await Promise.resolve()', "throw new TypeError('late')"),
      'c.md': markdown('if (process.pid < 0) console.log(1) // 1'),
      'd.md': markdown("const n: number = 'text'", 'console.log(n) // text'),
      'e.md': markdown('process.exitCode = 3'),
      'f.md': '```js\nthrow 1\n```\n',
      'g.md': '```ts skip\nconsole.log(1) // 1\n```\n',
      'h.md': 'text\n```ts\nconsole.log(1) // 1\n',
      'i.md': markdown('for (const n of [1, 2]) console.log(n) // 1'),
      'j.md': markdown('void Promise.reject(new Error("nobody waits"))'),
      'packages/a/src/a.ts': '/**\n * ```ts\n * console.log(1) // 1\n */\nexport {}\n',
      'packages/a/src/b.ts':
        "/**\n * Text.\n * ```ts\n * console.log(1)\n * console.log('x ') // x\n * ```\n */\nexport {}\n",
    })
    expect(stderr).toEqual([
      'a.md:5: printed "2"; expected "3"',
      'b.md:4: threw TypeError: late',
      'c.md:4: never printed; expected "1"',
      "d.md:4: TS2322: Type 'string' is not assignable to type 'number'.",
      'e.md:4: ended with code 3',
      'f.md:1: code is tagged "js"; allowed: ts (is run), ts no-run (is type-checked), text',
      'g.md:1: tag "skip" is not known; allowed after ts: no-run',
      'h.md:2: code fence is not closed',
      'i.md:4: printed "2"; expected "1"',
      'j.md:4: threw Error: nobody waits',
      'packages/a/src/a.ts:2: code fence is not closed',
      'packages/a/src/b.ts:5: printed "x "; expected "x"',
    ])
    expect(stdout).toBe('9 examples: 8 run with 6 expected lines, 0 only type-checked; 12 failed\n')
    expect(status).toBe(1)
  })

  test('still runs the others when one example cannot be bundled', () => {
    const { stderr } = check({
      'README.md':
        markdown("import { join } from './missing.ts'", 'console.log(join) // x') + markdown('console.log(1) // 2'),
    })
    expect(stderr).toEqual([
      "README.md:4: TS2307: Cannot find module './missing.ts' or its corresponding type declarations.",
      'README.md:10: printed "1"; expected "2"',
    ])
  })

  test('gives examples our packages as users import them', () => {
    const { stderr } = check({
      'README.md': markdown(
        "import { ATTR_URL_PATH } from '@otel-ts/semconv'",
        "import { ATTR_DNS_QUESTION_NAME } from '@otel-ts/semconv/registry/dns'",
        'console.log(ATTR_URL_PATH, ATTR_DNS_QUESTION_NAME) // url.path dns.question.name',
      ),
    })
    expect(stderr).toEqual([''])
  })
})
