// SPDX-License-Identifier: Apache-2.0
// The conformance suites on npm's API and SDK. Where those disagree, tests/conformance/opentelemetry-js.tsv says why;
// a test listed there must fail, so that the list shrinks when they change.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TextMapPropagator } from '@otel-ts/api'
import { buildSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { installPeer } from '../../../tools/peers.mjs'
import type { DefineTest, Implementation } from '../../conformance/implementation.ts'
import type { OtlpWay } from '../../conformance/otlp-exporter-options.ts'
import { runSuites } from '../../conformance/suites/all.ts'

const list = fileURLToPath(new URL('../../conformance/opentelemetry-js.tsv', import.meta.url))
const disagreements = new Map(
  readFileSync(list, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t') as [string, string]),
)
const defined = new Set<string>()

let folder: string | undefined
let propagatorFolder = ''
try {
  folder = installPeer('opentelemetry-js-2')
  propagatorFolder = installPeer('opentelemetry-js-propagators')
} catch (error) {
  console.log(`skipped: opentelemetry-js-2: ${(error as Error).message}`)
}

/** Defines a test that must fail if it is listed. */
const define: DefineTest = (name, body) => {
  defined.add(name)
  if (disagreements.has(name)) test.fails(name, body)
  else test(name, body)
}

describe.skipIf(folder === undefined)('opentelemetry-js', () => {
  if (folder === undefined) return
  runSuites(load(folder, propagatorFolder), define)

  test('every listed disagreement is a test of the suites, with a reason', () => {
    expect([...disagreements.keys()].filter((name) => !defined.has(name))).toEqual([])
    expect([...disagreements.values()].filter((reason) => !reason)).toEqual([])
  })
})

type Traces = { OTLPTraceExporter: new (options: object) => ReturnType<Implementation['otlpExporter']> }
type Metrics = { OTLPMetricExporter: new (options: object) => ReturnType<Implementation['metricExporter']> }
type Logs = { OTLPLogExporter: new (options: object) => ReturnType<Implementation['logExporter']> }
type Loaded = Record<'api' | 'core' | 'resources' | 'hooks' | 'node', object> &
  Record<OtlpWay, Traces> &
  Record<`${OtlpWay}Metrics`, Metrics> &
  Record<`${OtlpWay}Logs`, Logs>

function load(peer: string, propagatorPeer: string): Implementation {
  const loaded = loadBundle(peer, {
    api: '@opentelemetry/api',
    core: '@opentelemetry/core',
    resources: '@opentelemetry/resources',
    hooks: '@opentelemetry/context-async-hooks',
    node: '@opentelemetry/sdk-trace-node',
    grpc: '@opentelemetry/exporter-trace-otlp-grpc',
    json: '@opentelemetry/exporter-trace-otlp-http',
    protobuf: '@opentelemetry/exporter-trace-otlp-proto',
    grpcMetrics: '@opentelemetry/exporter-metrics-otlp-grpc',
    jsonMetrics: '@opentelemetry/exporter-metrics-otlp-http',
    protobufMetrics: '@opentelemetry/exporter-metrics-otlp-proto',
    grpcLogs: '@opentelemetry/exporter-logs-otlp-grpc',
    jsonLogs: '@opentelemetry/exporter-logs-otlp-http',
    protobufLogs: '@opentelemetry/exporter-logs-otlp-proto',
  }) as Loaded
  const propagators = loadBundle(propagatorPeer, {
    b3: '@opentelemetry/propagator-b3',
    environment: '@opentelemetry/propagator-env-carrier',
    jaeger: '@opentelemetry/propagator-jaeger',
    ot: '@opentelemetry/propagator-ot-trace',
  }) as Record<'b3' | 'environment', object> & {
    jaeger: { JaegerPropagator: new () => TextMapPropagator }
    ot: { OTTracePropagator: new () => TextMapPropagator }
  }
  return {
    name: 'opentelemetry-js',
    api: loaded.api as Implementation['api'],
    sdk: {
      ...loaded.core,
      ...loaded.resources,
      ...loaded.hooks,
      ...loaded.node,
      ...propagators.b3,
      ...propagators.environment,
    } as unknown as Implementation['sdk'],
    jaegerPropagator: () => new propagators.jaeger.JaegerPropagator(),
    otTracePropagator: () => new propagators.ot.OTTracePropagator(),
    otlpExporter: (way, options) => new loaded[way].OTLPTraceExporter(options),
    metricExporter: (way, options) => new loaded[`${way}Metrics`].OTLPMetricExporter(options),
    logExporter: (way, options) => new loaded[`${way}Logs`].OTLPLogExporter(options),
  }
}

/**
 * Loads packages from one bundle of their CommonJS builds: the test runner's own export conditions would lead Node to
 * builds that are meant for bundlers only.
 */
function loadBundle(peer: string, packages: Readonly<Record<string, string>>): unknown {
  const bundle = join(peer, 'conformance-bundle.cjs')
  const exported = Object.entries(packages).map(([name, from]) => `exports.${name} = require('${from}')\n`)
  buildSync({
    stdin: { contents: exported.join(''), resolveDir: peer },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    mainFields: ['main'],
    conditions: ['node', 'require'],
    logLevel: 'error',
  })
  return createRequire(bundle)(bundle)
}
