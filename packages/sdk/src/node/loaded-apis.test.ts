// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadedApis } from './loaded-apis.ts'

test.each([
  ['api', 'build/src/index.js', true],
  ['api', 'dist/index.cjs', true],
  ['api-logs', 'build/src/index.js', true],
  ['api', 'build/src/trace/other.js', false],
  ['api-extra', 'build/src/index.js', false],
])('a loaded @opentelemetry/%s/%s is found: %s', (name, file, isFound) => {
  const folder = mkdtempSync(join(tmpdir(), 'loaded-apis-'))
  const path = join(folder, 'node_modules', '@opentelemetry', name, file)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, 'exports.trace = {}')
  const copy = createRequire(import.meta.url)(path) as object
  try {
    expect(loadedApis().includes(copy)).toBe(isFound)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
