// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docsTable, parseYaml, readConfig, type Schema, toPlain } from '@otel-ts/confmap'
import type { Consume, Consumer, Signal } from '@otel-ts/otlp'
import { createOtlpGrpcServer } from '@otel-ts/otlp/server'
import { type ContractInstance, captureOtlp, componentContract } from '@otel-ts/testkit'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Component } from './component.ts'
import { createCatalog, listComponents } from './components.ts'
import { serviceSchema } from './config/service.ts'
import { testSettings } from './testing/settings.ts'

/** A valid configuration of each component; `dispose` ends what it needs. */
const configurations: Record<string, () => Promise<{ yaml: string; dispose?: () => Promise<void> }>> = {
  'receiver otlp': async () => ({
    yaml: '{protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}}',
  }),
  'receiver nop': async () => ({ yaml: '{}' }),
  'processor batch': async () => ({ yaml: '{}' }),
  'processor memory_limiter': async () => ({ yaml: '{check_interval: 1s, limit_mib: 10}' }),
  'exporter debug': async () => ({ yaml: '{verbosity: detailed}' }),
  'exporter nop': async () => ({ yaml: '{}' }),
  'exporter file': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'contract-'))
    return { yaml: `{path: ${folder}/out.json}`, dispose: () => rm(folder, { recursive: true }) }
  },
  'exporter otlp_grpc': async () => {
    const server = await createOtlpGrpcServer({ endpoint: '127.0.0.1:0', handler: async () => undefined })
    return {
      yaml: `{endpoint: "${server.addresses[0]}", tls: {insecure: true}}`,
      dispose: () => server.shutdown(0),
    }
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

/** Paths of all keys of a JSON Schema, groups of keys and what is in lists and alternatives included. */
function keysOf(schema: Readonly<Record<string, unknown>>, above: readonly string[] = []): (readonly string[])[] {
  const paths: (readonly string[])[] = []
  for (const [key, own] of Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>)) {
    paths.push([...above, key], ...keysOf(own, [...above, key]))
  }
  const inner = [schema['items'], ...((schema['anyOf'] ?? []) as unknown[])]
  for (const one of inner) if (typeof one === 'object') paths.push(...keysOf(one as Record<string, unknown>, above))
  return paths
}

/** Groups of keys whose schema several components use. */
const sharedBlocks: ReadonlySet<string> = new Set(['sending_queue', 'retry_on_failure', 'tls'])

/** Text of all test files in a folder of this package's sources; empty when there is none. */
async function testsIn(folder: string): Promise<string> {
  const url = new URL(`./${folder}/`, import.meta.url)
  const names = (await readdir(url)).filter((name) => name.endsWith('.test.ts'))
  return (await Promise.all(names.map((name) => readFile(new URL(name, url), 'utf8')))).join('\n')
}

const components = await listComponents()

test('each key of service::telemetry::logs stands in a test', async () => {
  const tests = (await testsIn('.')) + (await testsIn('self-telemetry'))
  const telemetry = (serviceSchema.jsonSchema() as { properties: { telemetry: { properties: { logs: object } } } })
    .properties.telemetry
  const keys = keysOf(telemetry.properties.logs as Record<string, unknown>).map((path) => path.at(-1)!)
  expect(keys.filter((key) => !tests.includes(key))).toEqual([])
})

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

    test('each of its keys stands in a test of it', async () => {
      const tests = await testsIn(`${component.kind}s/${component.type}`)
      // Blocks that components share are tested once, where they are.
      const shared = (await testsIn('sending')) + (await testsIn('config'))
      const missing = keysOf(component.config.jsonSchema()).filter((path) => {
        const text = path.some((key) => sharedBlocks.has(key)) ? tests + shared : tests
        return !new RegExp(`\\b${path.at(-1)}\\b`).test(text)
      })
      expect(missing.map((path) => path.join('::'))).toEqual([])
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
