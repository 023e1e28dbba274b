// SPDX-License-Identifier: Apache-2.0
// Our exporters have the types that npm's metric and log SDKs ask for, and take what these give.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { installPeer } from '../../../tools/peers.mjs'
import { lines } from './sdks.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const execute = promisify(execFile)

/** What the compiler says of a program that sees one line of npm's SDKs and our sources. */
async function compile(line: string, name: string, text: string, options: object = {}): Promise<string> {
  const folder = join(installPeer(line), `types-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.mts'), text)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    customConditions: ['otel-src'],
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    ...options,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }))
  try {
    await execute(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { timeout: 60_000 })
    return ''
  } catch (error) {
    const { stdout } = error as { stdout: string }
    return stdout
      .split('\n')
      .filter((text) => /\ba\.mts\(/.test(text))
      .join('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const entries = ['otlp-proto', 'otlp-http', 'otlp-grpc']

const usage = `import type * as metrics from '@opentelemetry/sdk-metrics'
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type * as logs from '@opentelemetry/sdk-logs'
import { BatchLogRecordProcessor, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { ReadableLogRecord, ResourceMetrics } from '@otel-ts/sdk'
import { OtlpFileLogExporter, OtlpFileMetricExporter } from '@otel-ts/sdk/otlp-file'
${entries.map((entry, i) => `import * as entry${i} from '@otel-ts/sdk/${entry}'`).join('\n')}

${entries
  .map(
    (_entry, i) => `
const metricExporter${i} = new entry${i}.OTLPMetricExporter({ temporalityPreference: AggregationTemporality.DELTA })
const preferred${i}: metrics.PushMetricExporter = new entry${i}.OTLPMetricExporter({
  temporalityPreference: entry${i}.AggregationTemporalityPreference.LOWMEMORY,
  aggregationPreference: () => ({ type: 5 }),
})
const logExporter${i}: logs.LogRecordExporter = new entry${i}.OTLPLogExporter({ headers: { a: 'b' } })
new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: metricExporter${i} })] })
new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: logExporter${i} })] })
export { preferred${i} }`,
  )
  .join('\n')}
export const files: [metrics.PushMetricExporter, logs.LogRecordExporter] = [
  new OtlpFileMetricExporter({ path: 'a' }),
  new OtlpFileLogExporter({ path: 'b' }),
]
export const simple = new SimpleLogRecordProcessor({ exporter: new entry0.OTLPLogExporter() })
export const take = (collected: metrics.ResourceMetrics): ResourceMetrics => collected
export const read = (record: logs.ReadableLogRecord): ReadableLogRecord => record
export const aggregations = (): metrics.AggregationOption => metricExporter0.selectAggregation('COUNTER')
`

describe.skipIf(lines.length === 0).each(lines)('types of %s', (line) => {
  test.each([{}, { exactOptionalPropertyTypes: true }])('fit ours, with %j', async (options) => {
    expect(await compile(line, `fit-${Object.keys(options).length}`, usage, options)).toBe('')
  })

  test('fail where they should: the check above can fail', async () => {
    const wrong = `import type * as logs from '@opentelemetry/sdk-logs'
import { OTLPMetricExporter } from '@otel-ts/sdk/otlp-proto'
export const exporter: logs.LogRecordExporter = new OTLPMetricExporter()
`
    expect(await compile(line, 'fail', wrong)).toMatch(/a\.mts\(3,\d+\): error TS2322/)
  })
})
