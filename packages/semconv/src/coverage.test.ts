// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as stable from './index.ts'

const folder = join(import.meta.dirname, 'generated')
const registryFiles = readdirSync(join(folder, 'registry'))

/** Counted in the model by indentation alone, not by the generator's reader. */
const counts = JSON.parse(readFileSync(join(folder, 'counts.json'), 'utf8')) as Record<
  'attributes' | 'members' | 'metrics' | 'events',
  Record<string, number>
>

const kinds = {
  attributes: /^ATTR_/,
  members: /^(?!ATTR_|METRIC_|INSTRUMENT_|EVENT_).*_VALUE_/,
  metrics: /^METRIC_/,
  events: /^EVENT_/,
} as const

function total(stages: Record<string, number>): number {
  return Object.values(stages).reduce((sum, count) => sum + count, 0)
}

describe('the generated constants', () => {
  test.each(Object.entries(kinds))('hold as many %s as the model', async (kind, pattern) => {
    const names = new Set<string>()
    for (const file of registryFiles) {
      const module = (await import(pathToFileURL(join(folder, 'registry', file)).href)) as Record<string, unknown>
      for (const name of Object.keys(module)) if (pattern.test(name)) names.add(name)
    }
    expect(names.size).toBe(total(counts[kind as keyof typeof kinds]))
  })

  test.each(Object.entries(kinds))('hold as many stable %s at the package root as the model', (kind, pattern) => {
    const names = Object.keys(stable).filter((name) => pattern.test(name))
    expect(names).toHaveLength(counts[kind as keyof typeof kinds]['stable'] ?? 0)
  })

  test('say the stage of as many in-development symbols as the model has', () => {
    const stages = new Map<string, number>()
    for (const file of registryFiles) {
      const text = readFileSync(join(folder, 'registry', file), 'utf8')
      for (const [, stage = '', prefix] of text.matchAll(
        /@experimental Stage in the registry: (\w+)\.\n(?: \* .*\n)? \*\/\nexport const (INSTRUMENT_)?/g,
      )) {
        if (prefix === undefined) stages.set(stage, (stages.get(stage) ?? 0) + 1)
      }
    }
    const expected = new Map<string, number>()
    for (const kind of Object.values(counts)) {
      for (const [stage, count] of Object.entries(kind)) {
        if (stage !== 'stable') expected.set(stage, (expected.get(stage) ?? 0) + count)
      }
    }
    expect(Object.fromEntries(stages)).toEqual(Object.fromEntries(expected))
  })

  test('have an instrument for every metric, of the same name', async () => {
    for (const file of registryFiles) {
      const module = (await import(pathToFileURL(join(folder, 'registry', file)).href)) as Record<string, unknown>
      for (const [name, value] of Object.entries(module)) {
        if (!name.startsWith('METRIC_')) continue
        expect(module[name.replace('METRIC_', 'INSTRUMENT_')], name).toMatchObject({ name: value })
      }
    }
  })

  test('stand in the file of their first word', async () => {
    for (const file of registryFiles) {
      const namespace = file.slice(0, -'.ts'.length)
      const module = (await import(pathToFileURL(join(folder, 'registry', file)).href)) as Record<string, unknown>
      for (const [name, value] of Object.entries(module)) {
        if (!/^(?:ATTR|METRIC|EVENT)_/.test(name)) continue
        const text = typeof value === 'function' ? String(value('key')) : String(value)
        expect(text.split('.')[0], name).toBe(namespace)
      }
    }
  })

  test('carry no @experimental mark where the promise holds', () => {
    for (const file of readdirSync(folder, { withFileTypes: true })) {
      if (!file.isFile()) continue
      expect(readFileSync(join(folder, file.name), 'utf8'), file.name).not.toContain('@experimental')
    }
  })
})
