// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docsTable, parseYaml, readConfig, type Schema, toPlain } from '@otel-ts/confmap'
import type { Consume, Consumer, Signal } from '@otel-ts/otlp'
import { type ContractInstance, captureOtlp, componentContract } from '@otel-ts/testkit'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Component } from './component.ts'
import { createCatalog, listComponents } from './components.ts'
import { testSettings } from './testing/settings.ts'

/** A valid configuration of each component; `dispose` ends what it needs. */
const configurations: Record<string, () => Promise<{ yaml: string; dispose?: () => Promise<void> }>> = {
  'receiver otlp': async () => ({ yaml: '{protocols: {http: {endpoint: "127.0.0.1:0"}}}' }),
  'receiver nop': async () => ({ yaml: '{}' }),
  'processor batch': async () => ({ yaml: '{}' }),
  'processor memory_limiter': async () => ({ yaml: '{check_interval: 1s, limit_mib: 10}' }),
  'exporter debug': async () => ({ yaml: '{verbosity: detailed}' }),
  'exporter nop': async () => ({ yaml: '{}' }),
  'exporter file': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'contract-'))
    return { yaml: `{path: ${folder}/out.json}`, dispose: () => rm(folder, { recursive: true }) }
  },
  'exporter otlp_http': async () => {
    const peer = await captureOtlp()
    return { yaml: `{endpoint: "${peer.url}"}`, dispose: () => peer.close() }
  },
}

const accounted = /^otelcol_(exporter_sent|exporter_send_failed|processor_lost)_/

async function instantiate(component: Component, signal: Signal, next: Consume): Promise<ContractInstance> {
  const { yaml, dispose } = await configurations[`${component.kind} ${component.type}`]!()
  const settings = testSettings({ kind: component.kind, id: component.type })
  const config = readConfig(component.config, parseYaml(yaml, 'x').node).value
  const instance =
    component.kind === 'receiver'
      ? component.create(config, settings, { [signal]: next })
      : component.kind === 'processor'
        ? component.create(config, settings, signal, next)
        : component.kind === 'connector'
          ? component.create(config, settings, { bySignal: { [signal]: next }, byPipeline: new Map() })
          : component.create(config, settings)
  return {
    start: () => instance.start?.() ?? Promise.resolve(),
    shutdown: (deadline) => instance.shutdown?.(deadline) ?? Promise.resolve(),
    ...('consume' in instance ? { consume: (batch, context) => (instance as Consumer).consume(batch, context) } : {}),
    accountedItemCount: () =>
      settings.counters
        .read()
        .filter(({ name }) => accounted.test(name))
        .reduce((sum, { value }) => sum + value, 0),
    ...(dispose === undefined ? {} : { dispose }),
  }
}

const components = await listComponents()

test('every registered component is under contract here', () => {
  expect(components.map(({ kind, type }) => `${kind} ${type}`).toSorted()).toEqual(
    Object.keys(configurations).toSorted(),
  )
})

test('the catalog says the same names as the components themselves', () => {
  expect(createCatalog().entries.map(({ kind, type, aliases }) => [kind, type, aliases])).toEqual(
    components.map(({ kind, type, aliases }) => [kind, type, aliases]),
  )
})

describe.each(components.map((component) => [`${component.kind} ${component.type}`, component] as const))(
  '%s',
  (_, component) => {
    const cases = componentContract({
      component,
      create: (signal, next) => instantiate(component, signal, next),
      check: (yaml) => readConfig(component.config as Schema<unknown>, parseYaml(yaml, 'x').node).problems,
      jsonSchema: component.config.jsonSchema(),
    })
    for (const { name, run } of cases) test(name, run)

    test('its JSON Schema takes what the component takes, references too, and refuses unknown keys', async () => {
      const validate = new Ajv2020({ allowUnionTypes: true }).compile(component.config.jsonSchema())
      const { yaml, dispose } = await configurations[`${component.kind} ${component.type}`]!()
      await dispose?.()
      const value = JSON.parse(JSON.stringify(toPlain(parseYaml(yaml, 'x').node)))
      expect([validate(value), validate.errors]).toEqual([true, null])
      expect(validate({ ...value, no_such_key: 1 })).toBe(false)
    })

    test('has a README whose table is what the schema says (node tools/component-readme.mjs writes it)', async () => {
      const readme = await readFile(
        new URL(`./${component.kind}s/${component.type}/README.md`, import.meta.url),
        'utf8',
      )
      expect(readme).toContain(docsTable(component.config as Schema<never>))
    })
  },
)
