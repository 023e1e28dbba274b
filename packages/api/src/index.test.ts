// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'

const exported: Record<string, unknown> = { ...api }

describe('enumerations', () => {
  test.each([
    ['SpanKind', { INTERNAL: 0, SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 }],
    ['SpanStatusCode', { UNSET: 0, OK: 1, ERROR: 2 }],
    ['TraceFlags', { NONE: 0, SAMPLED: 1, RANDOM: 2 }],
    ['SamplingDecision', { NOT_RECORD: 0, RECORD: 1, RECORD_AND_SAMPLED: 2 }],
    ['ValueType', { INT: 0, DOUBLE: 1 }],
    ['DiagLogLevel', { NONE: 0, ERROR: 30, WARN: 50, INFO: 60, DEBUG: 70, VERBOSE: 80, ALL: 9999 }],
    [
      'SeverityNumber',
      // biome-ignore format: one row per range of the data model
      {
        UNSPECIFIED: 0,
        TRACE: 1, TRACE2: 2, TRACE3: 3, TRACE4: 4,
        DEBUG: 5, DEBUG2: 6, DEBUG3: 7, DEBUG4: 8,
        INFO: 9, INFO2: 10, INFO3: 11, INFO4: 12,
        WARN: 13, WARN2: 14, WARN3: 15, WARN4: 16,
        ERROR: 17, ERROR2: 18, ERROR3: 19, ERROR4: 20,
        FATAL: 21, FATAL2: 22, FATAL3: 23, FATAL4: 24,
      },
    ],
  ] as [string, Record<string, number>][])(
    '%s has its numbers and, like an enum, its names by number',
    (name, values) => {
      const names = Object.fromEntries(Object.entries(values).map(([key, value]) => [value, key]))
      expect(exported[name]).toEqual({ ...values, ...names })
    },
  )
})

test('no source file imports anything but this package or uses what only Node has: it runs in browsers', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  expect(files.length).toBeGreaterThan(30)
  for (const file of files) {
    const source = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    for (const [, target] of source.matchAll(/\b(?:from|import|require)\b\s*\(?\s*'([^']+)'/g)) {
      expect(target, file).toMatch(/^\.\.?\//)
    }
    expect(source, file).not.toMatch(/\b(?:process|Buffer|__dirname)\b[.(]/)
  }
})
