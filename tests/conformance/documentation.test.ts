// SPDX-License-Identifier: Apache-2.0
// Rows of the matrix that ask for documentation: read where users meet it, in the doc comments of the API.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** The doc comment in front of a declaration, on one line. */
function docOf(file: string, declaration: string): string {
  const text = readFileSync(fileURLToPath(new URL(`../../packages/api/src/${file}`, import.meta.url)), 'utf8')
  const end = text.indexOf(declaration)
  expect(end, `${declaration} in ${file}`).toBeGreaterThan(0)
  const doc = text.slice(text.lastIndexOf('/**', end), text.lastIndexOf('*/', end))
  return doc.replace(/\n\s*\* ?/g, ' ')
}

describe('the documentation of the API', () => {
  test('prefers attributes and links at the start of a span to later ones, and says why', () => {
    expect(docOf('trace/tracer.ts', 'attributes?: Attributes\n  /** Links')).toMatch(
      /Better here than through `setAttribute` later: samplers see only these/,
    )
    expect(docOf('trace/tracer.ts', 'links?: Link[]')).toMatch(/Better here than through `addLink` later/)
  })

  test('says that null is a value which is kept, and undefined is none', () => {
    expect(docOf('attributes.ts', 'export type AnyValue')).toMatch(
      /`null`, `0`, `''` and `\[\]` are values and are kept; `undefined` means "no such attribute"/,
    )
  })
})
