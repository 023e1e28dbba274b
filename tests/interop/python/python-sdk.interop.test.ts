// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry Python sends all three signals, gzipped, to our Collector; what the `file` exporter wrote must be what
// Python's own encoder made, field by field.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installPythonPeer } from '../../../tools/python-peers.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'otel-ts-python-'))
const signals = ['traces', 'metrics', 'logs'] as const
type Json = null | string | number | boolean | Json[] | { [key: string]: Json }

let python: string | undefined
try {
  python = installPythonPeer('python-sdk')
} catch (error) {
  console.log(`skipped: python-sdk: ${(error as Error).message}`)
}

let collector: RunningCommand | undefined

describe.skipIf(python === undefined)('OpenTelemetry Python to the file exporter', () => {
  const sent = new Map<string, Json[]>()
  const received = new Map<string, Json[]>()

  beforeAll(async () => {
    writeFileSync(join(folder, 'collector.yaml'), configuration())
    collector = startCommand(process.execPath, [
      join(root, 'packages/cli/bin/otel-ts.js'),
      'collect',
      '--config',
      join(folder, 'collector.yaml'),
    ])
    const [, port] = await collector.waitFor(/127\.0\.0\.1:(\d+)/)
    execFileSync(
      python!,
      [join(root, 'peers/python-sdk/send.py'), `http://127.0.0.1:${port}`, join(folder, 'sent.jsonl')],
      { stdio: 'pipe' },
    )
    const exit = await collector.stop()
    expect(exit, collector.output()).toEqual({ code: 0, signal: null })
    for (const line of linesOf('sent.jsonl')) {
      const { signal, request } = line as { signal: string; request: Json }
      sent.set(signal, [...(sent.get(signal) ?? []), ...groupsOf(signal, request)])
    }
    for (const signal of signals) {
      received.set(
        signal,
        linesOf(`${signal}.jsonl`).flatMap((request) => groupsOf(signal, request)),
      )
    }
  }, 120_000)

  afterAll(async () => {
    await collector?.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(signals)('every field of %s arrives', (signal) => {
    expect(sent.get(signal)!.length).toBeGreaterThan(0)
    expect(received.get(signal)!.map((group) => canonical(group))).toEqual(
      sent.get(signal)!.map((group) => canonical(group)),
    )
  })

  test('what was sent holds the fields that make the comparison worth something', () => {
    const keys = new Set<string>()
    for (const groups of sent.values()) collectKeys(groups, keys)
    const expected =
      'traceState parentSpanId events links status droppedAttributesCount droppedEventsCount schemaUrl flags kind ' +
      'stringValue intValue doubleValue boolValue arrayValue kvlistValue bytesValue ' +
      'sum gauge histogram exponentialHistogram exemplars isMonotonic aggregationTemporality asInt asDouble explicitBounds bucketCounts zeroCount scale ' +
      'body severityNumber severityText eventName observedTimeUnixNano'
    expect(expected.split(' ').filter((key) => !keys.has(key))).toEqual([])
  })
})

function configuration(): string {
  const exporters = signals.map((signal) => `  file/${signal}:\n    path: ${join(folder, `${signal}.jsonl`)}\n`)
  const pipelines = signals.map(
    (signal) =>
      `    ${signal}:\n      receivers: [otlp]\n      processors: [memory_limiter, batch]\n      exporters: [file/${signal}]\n`,
  )
  return [
    'receivers:\n  otlp:\n    protocols:\n      http:\n        endpoint: 127.0.0.1:0\n',
    'processors:\n  batch:\n    timeout: 100ms\n  memory_limiter:\n    check_interval: 1s\n    limit_mib: 256\n',
    `exporters:\n${exporters.join('')}`,
    `service:\n  pipelines:\n${pipelines.join('')}`,
  ].join('')
}

function linesOf(name: string): Json[] {
  const text = readFileSync(join(folder, name), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json)
}

function groupsOf(signal: string, request: Json): Json[] {
  const key = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' }[signal]!
  return (request as Record<string, Json[]>)[key]!
}

const idKeys = new Set(['traceId', 'spanId', 'parentSpanId'])

// protobuf's own JSON and OTLP's differ in ids (base64, hex); both leave out defaults in places. What is compared is the
// message: ids as hex, defaults gone.
function canonical(value: Json, key = ''): Json {
  if (typeof value === 'string' && idKeys.has(key))
    return /^[0-9a-f]{16}([0-9a-f]{16})?$/.test(value) ? value : Buffer.from(value, 'base64').toString('hex')
  if (Array.isArray(value)) return value.map((element) => canonical(element, key))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, canonical(inner, name)] as const)
    .filter(([name, inner]) => !isDefault(name, inner))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries)
}

// Members of a oneof and proto3 optionals keep their default: their presence says something.
const presence = new Set([
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'bytesValue',
  'arrayValue',
  'kvlistValue',
  'asInt',
  'asDouble',
  'sum',
  'min',
  'max',
])

function isDefault(name: string, value: Json): boolean {
  if (presence.has(name)) return false
  if (Array.isArray(value)) return value.length === 0
  if (value !== null && typeof value === 'object') return Object.keys(value).length === 0
  return value === '' || value === 0 || value === '0' || value === false || value === null
}

function collectKeys(value: Json, keys: Set<string>): void {
  if (Array.isArray(value)) for (const element of value) collectKeys(element, keys)
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      keys.add(key)
      collectKeys(inner, keys)
    }
  }
}
