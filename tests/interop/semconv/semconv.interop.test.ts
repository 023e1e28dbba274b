// SPDX-License-Identifier: Apache-2.0
// Our constants beside those of npm's package for the same registry version: whoever changes the import path must find
// every name with the value it had.
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as ours from '@otel-ts/semconv'
import { beforeAll, describe, expect, test } from 'vitest'
import { installPeer } from '../../../tools/peers.mjs'

const generated = fileURLToPath(new URL('../../../packages/semconv/src/generated', import.meta.url))

let folder: string | undefined
try {
  folder = installPeer('semconv')
} catch (error) {
  console.log(`skipped: semconv: ${(error as Error).message}`)
}

const npmPackage = '@opentelemetry/semantic-conventions'
type Constants = Record<string, unknown>

/** The symbols of the registry; the older SEMATTRS_ and SEMRESATTRS_ names have no counterpart here. */
function symbols(module: Constants): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [name, value] of Object.entries(module)) {
    if (!/^(?:ATTR|METRIC|EVENT)_|_VALUE_/.test(name)) continue
    found.set(name, typeof value === 'function' ? value('key') : value)
  }
  return found
}

describe.skipIf(folder === undefined)('npm @opentelemetry/semantic-conventions', () => {
  let theirStable: Map<string, unknown>
  let theirAll: Map<string, unknown>
  const ourAll = new Map<string, unknown>()

  beforeAll(async () => {
    const require = createRequire(join(folder ?? '', 'package.json'))
    theirStable = symbols(require(npmPackage) as Constants)
    theirAll = symbols(require(`${npmPackage}/incubating`) as Constants)
    for (const file of readdirSync(join(generated, 'registry'))) {
      const module = (await import(pathToFileURL(join(generated, 'registry', file)).href)) as Constants
      for (const [name, value] of symbols(module)) ourAll.set(name, value)
    }
  })

  test('has the same stable names with the same values as our package root', () => {
    expect(theirStable.size).toBe(244)
    expect(Object.fromEntries(symbols(ours))).toEqual(Object.fromEntries(theirStable))
  })

  test('has no symbol in development that we lack, and none with another value', () => {
    expect(theirAll.size).toBeGreaterThan(2400)
    const differing: unknown[] = []
    for (const [name, value] of theirAll)
      if (ourAll.get(name) !== value) differing.push([name, value, ourAll.get(name)])
    expect(differing).toEqual([])
  })

  test('lacks only what entered the registry after its release', () => {
    expect([...ourAll.keys()].filter((name) => !theirAll.has(name)).sort()).toEqual([
      'ATTR_HTTP_REQUEST_BODY_CONTENT',
      'ATTR_HTTP_RESPONSE_BODY_CONTENT',
      'ATTR_RPC_STATUS_CODE',
    ])
  })
})
