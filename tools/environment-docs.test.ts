// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const tool = fileURLToPath(new URL('environment-docs.mjs', import.meta.url))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'environment-docs-'))
  write('docs/exporters.md', '# Exporters\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true })
  writeFileSync(join(folder, file), text)
}

function writeTable(rows: object): void {
  write('packages/sdk/src/env/table.ts', `export const environment = ${JSON.stringify(rows)}\n`)
}

function run(...args: string[]): { status: number | null; output: string } {
  const result = spawnSync(process.execPath, [tool, '--root', folder, ...args], { encoding: 'utf8' })
  return { status: result.status, output: result.stdout + result.stderr }
}

const page = (name: string): string => readFileSync(join(folder, 'docs', name), 'utf8')

describe('environment-docs', () => {
  test('writes a row for every variable, with signals, limits and choices', () => {
    writeTable({
      OTEL_SERVICE_NAME: { meaning: 'Name', default: 'unknown' },
      OTEL_TRACES_SAMPLER: { meaning: 'Sampler', default: 'a', values: ['a', 'b'] },
      OTEL_SPAN_LINK_COUNT_LIMIT: { meaning: 'Links', default: '128', minimum: 0 },
      OTEL_BSP_MAX_QUEUE_SIZE: { meaning: 'Spans that wait', default: '2048', minimum: 1 },
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: { meaning: 'Headers: a|b', default: '' },
    })
    expect(run()).toEqual({ status: 0, output: 'docs/environment.md: written\ndocs/exporters.md: up to date\n' })
    const rows = page('environment.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(rows).toEqual([
      '| `OTEL_SERVICE_NAME` | all | `unknown` | Name. |',
      '| `OTEL_TRACES_SAMPLER` | traces | `a` | Sampler. One of `a`, `b`. |',
      '| `OTEL_SPAN_LINK_COUNT_LIMIT` | traces | `128` | Links. A whole number. |',
      '| `OTEL_BSP_MAX_QUEUE_SIZE` | traces | `2048` | Spans that wait. A whole number from 1. |',
      '| `OTEL_EXPORTER_OTLP_LOGS_HEADERS` | logs | – | Headers: a\\|b. |',
    ])
  })

  test('fails with --check until the page is written again, and writes nothing itself', () => {
    writeTable({ OTEL_SERVICE_NAME: { meaning: 'Name', default: 'unknown' } })
    expect(run('--check').status).toBe(1)
    run()
    expect(run('--check').status).toBe(0)
    writeTable({ OTEL_SERVICE_NAME: { meaning: 'Other', default: 'unknown' } })
    expect(run('--check')).toEqual({
      status: 1,
      output:
        'docs/exporters.md: up to date\ndocs/environment.md: differs from the code; run: node tools/environment-docs.mjs\n',
    })
  })

  test('fills the tables of options from doc comments, and keeps what is around them', () => {
    writeTable({})
    write(
      'src/options.ts',
      `export interface Options {
  /** One
   * or the other. */
  a?: 'x' | 'y'
  /** Many. */
  readonly b: number
}
`,
    )
    write('docs/exporters.md', 'before\n<!-- options: src/options.ts#Options -->\nold\n<!-- end -->\nafter\n')
    expect(run().status).toBe(0)
    expect(page('exporters.md')).toBe(`before
<!-- options: src/options.ts#Options -->
| Option | Type | Meaning |
|---|---|---|
| \`a\` | \`'x' \\| 'y'\` | One or the other. |
| \`b\` | \`number\` | Many. |
<!-- end -->
after
`)
  })

  test.each([
    ['an option without a doc comment', 'export interface Options {\n  a?: string\n}\n', 'every option needs a doc'],
    ['an interface that is not there', 'export interface Other {}\n', 'has no interface Options'],
  ])('names %s', (_name, source, expected) => {
    writeTable({})
    write('src/options.ts', source)
    write('docs/exporters.md', '<!-- options: src/options.ts#Options -->\n<!-- end -->\n')
    const { status, output } = run()
    expect(status).toBe(1)
    expect(output).toContain(expected)
  })
})
