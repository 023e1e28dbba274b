// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import * as stableHttp from './generated/http.ts'
import * as feature from './generated/registry/feature_flag.ts'
import * as http from './generated/registry/http.ts'
import * as process from './generated/registry/process.ts'
import * as rpc from './generated/registry/rpc.ts'
import type { MetricInstrument } from './index.ts'
import * as stable from './index.ts'

// Expected values are those of the published registry pages and of npm's @opentelemetry/semantic-conventions 1.44.0.
describe('symbols', () => {
  test.each([
    ['ATTR_SERVICE_NAME', 'service.name'],
    ['ATTR_HTTP_REQUEST_METHOD', 'http.request.method'],
    ['ATTR_USER_AGENT_ORIGINAL', 'user_agent.original'],
    ['ATTR_DB_SYSTEM_NAME', 'db.system.name'],
    ['ATTR_EXCEPTION_ESCAPED', 'exception.escaped'],
    ['HTTP_REQUEST_METHOD_VALUE_GET', 'GET'],
    ['HTTP_REQUEST_METHOD_VALUE_OTHER', '_OTHER'],
    ['DB_SYSTEM_NAME_VALUE_MICROSOFT_SQL_SERVER', 'microsoft.sql_server'],
    ['OTEL_STATUS_CODE_VALUE_OK', 'OK'],
    ['TELEMETRY_SDK_LANGUAGE_VALUE_NODEJS', 'nodejs'],
    ['METRIC_HTTP_SERVER_REQUEST_DURATION', 'http.server.request.duration'],
    ['METRIC_JVM_MEMORY_USED_AFTER_LAST_GC', 'jvm.memory.used_after_last_gc'],
    ['EVENT_EXCEPTION', 'exception'],
    ['SCHEMA_URL_1_44_0', 'https://opentelemetry.io/schemas/1.44.0'],
  ])('%s is %s at the package root', (name, value) => {
    expect((stable as Record<string, unknown>)[name]).toBe(value)
  })

  test('keep literal types', () => {
    const method: 'http.request.method' = stable.ATTR_HTTP_REQUEST_METHOD
    const header: 'http.request.header.x-id' = stable.ATTR_HTTP_REQUEST_HEADER('x-id')
    const unit: 's' = stable.INSTRUMENT_HTTP_SERVER_REQUEST_DURATION.unit
    const status: 14 = rpc.RPC_GRPC_STATUS_CODE_VALUE_UNAVAILABLE
    expect([method, header, unit, status]).toEqual(['http.request.method', 'http.request.header.x-id', 's', 14])
  })

  test('give kind, unit and value type of an instrument', () => {
    const instruments: MetricInstrument[] = [
      stable.INSTRUMENT_HTTP_SERVER_REQUEST_DURATION,
      http.INSTRUMENT_HTTP_SERVER_ACTIVE_REQUESTS,
      process.INSTRUMENT_PROCESS_CPU_TIME,
    ]
    expect(instruments).toEqual([
      { name: 'http.server.request.duration', kind: 'histogram', unit: 's', valueType: 'double' },
      { name: 'http.server.active_requests', kind: 'updowncounter', unit: '{request}', valueType: 'int' },
      { name: 'process.cpu.time', kind: 'counter', unit: 's', valueType: 'double' },
    ])
  })

  test('in development stand in the registry file alone', () => {
    expect(http.ATTR_HTTP_REQUEST_BODY_SIZE).toBe('http.request.body.size')
    expect('ATTR_HTTP_REQUEST_BODY_SIZE' in stable).toBe(false)
    expect('ATTR_HTTP_REQUEST_BODY_SIZE' in stableHttp).toBe(false)
  })

  test('that are stable can be had from the registry file too, so that a rise in stage breaks no import', () => {
    expect(http).toMatchObject({ ...stableHttp })
    expect(Object.keys(stableHttp).length).toBeGreaterThan(20)
  })

  test('take the current name where a deprecated one would have the same constant', () => {
    expect(feature.ATTR_FEATURE_FLAG_PROVIDER_NAME).toBe('feature_flag.provider.name')
    expect(process.ATTR_PROCESS_CONTEXT_SWITCH_TYPE).toBe('process.context_switch.type')
  })

  test('list every published schema, oldest first', () => {
    expect(stable.SCHEMA_URLS).toHaveLength(43)
    expect(stable.SCHEMA_URLS[0]).toBe('https://opentelemetry.io/schemas/1.4.0')
    // Numeric order: 1.10.0 stands after 1.9.0, not after 1.1.0.
    expect(stable.SCHEMA_URLS.slice(5, 7)).toEqual([
      'https://opentelemetry.io/schemas/1.9.0',
      'https://opentelemetry.io/schemas/1.10.0',
    ])
    expect(stable.SCHEMA_URL_LATEST).toBe(stable.SCHEMA_URLS.at(-1))
  })
})

describe('a bundle', () => {
  async function bundle(code: string): Promise<string> {
    const result = await build({
      stdin: { contents: code, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      logLevel: 'silent',
      absWorkingDir: join(import.meta.dirname, '..'),
    })
    return result.outputFiles[0]?.text ?? ''
  }

  test('of three constants holds those three and is far below 2 KB gzipped', async () => {
    const text = await bundle(`
      import { ATTR_HTTP_ROUTE, ATTR_URL_PATH, INSTRUMENT_HTTP_SERVER_REQUEST_DURATION } from './index.ts'
      console.log(ATTR_HTTP_ROUTE, ATTR_URL_PATH, INSTRUMENT_HTTP_SERVER_REQUEST_DURATION)`)
    expect(text).toContain('http.route')
    expect(text).not.toContain('k8s')
    expect(text).not.toContain('http.request')
    expect(gzipSync(text).length).toBeLessThan(300)
  })

  test('of a registry namespace holds nothing of another', async () => {
    const text = await bundle(`import * as all from './generated/registry/dns.ts'; console.log({ ...all })`)
    expect(text).toContain('dns.question.name')
    expect(text).not.toContain('http.')
  })
})
