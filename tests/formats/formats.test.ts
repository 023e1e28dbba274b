// SPDX-License-Identifier: Apache-2.0
// What is built, not the sources: each entry of each dual package loads with `import` and with `require`, and both give the
// same names. `npm test` builds first.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

const entries = readdirSync(join(root, 'packages')).flatMap((name) => {
  if (!existsSync(join(root, 'packages', name, 'tsconfig.cjs.json'))) return []
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
  return Object.keys(manifest.exports)
    .filter((subpath) => subpath !== './package.json' && !subpath.includes('*'))
    .map((subpath) => manifest.name + subpath.slice(1))
})

describe('both module formats', () => {
  test('there are entries to look at', () => {
    expect(entries.length).toBeGreaterThanOrEqual(5)
  })

  test.each(entries)('%s has the same names under import and require', (entry) => {
    const imported = run(
      '--input-type=module',
      `import * as all from '${entry}'; console.log(JSON.stringify(Object.keys(all)))`,
    )
    const required = run('--input-type=commonjs', `console.log(JSON.stringify(Object.keys(require('${entry}'))))`)
    expect(required.sort()).toEqual(imported.filter((name) => name !== 'default').sort())
    expect(imported.length).toBeGreaterThan(0)
  })
})

function run(...args: [inputType: string, code: string]): string[] {
  return JSON.parse(execFileSync(process.execPath, [args[0], '--eval', args[1]], { cwd: root, encoding: 'utf8' }))
}
