// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '@otel-ts/otlp'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SdkEvents, sdkEvents } from '../events.ts'
import type { OtlpExporterOptions, OtlpProtocol } from './otlp-options.ts'
import {
  environmentInsecure,
  environmentProtocol,
  type OtlpSettings,
  resolveOtlpSettings,
  withoutCredentials,
} from './otlp-settings.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function settings(
  variables: Record<string, string>,
  signal: Signal = 'traces',
  protocol: OtlpProtocol = 'http/protobuf',
  options: OtlpExporterOptions = {},
): OtlpSettings {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  return resolveOtlpSettings(signal, options, protocol)
}

const signals = ['traces', 'metrics', 'logs'] as const

describe.each(signals)('for %s', (signal) => {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`

  test('nothing set gives the defaults', () => {
    expect(settings({}, signal)).toEqual({
      endpoint: `http://localhost:4318/v1/${signal}`,
      headers: {},
      compression: 'none',
      timeoutMillis: 10_000,
      concurrencyLimit: 30,
      maxConcurrentExports: 4,
      tls: undefined,
      retry: {
        initialDelayMillis: 1000,
        maxDelayMillis: 5000,
        multiplier: 1.5,
        jitter: 0.2,
        maxAttempts: Number.POSITIVE_INFINITY,
      },
      maxRequestBytes: undefined,
      maxResponseBytes: undefined,
    })
    expect(settings({}, signal, 'grpc').endpoint).toBe('http://localhost:4317')
    expect(environmentInsecure(signal, 'h:1')).toBe(false)
    expect(environmentProtocol(signal)).toBe('http/protobuf')
  })

  test.each([
    ['http://c', `http://c/v1/${signal}`], // port 80, not 4318
    ['https://c', `https://c/v1/${signal}`],
    ['http://c:4318', `http://c:4318/v1/${signal}`],
    ['http://c:4318/', `http://c:4318/v1/${signal}`],
    ['http://c:1/base', `http://c:1/base/v1/${signal}`],
    ['http://c:1/base/', `http://c:1/base/v1/${signal}`],
    ['http://c:1/base/?tenant=7', `http://c:1/base/v1/${signal}?tenant=7`],
    ['http://[::1]:1', `http://[::1]:1/v1/${signal}`],
  ])('the base endpoint %s means %s', (base, url) => {
    expect(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: base }, signal).endpoint).toBe(url)
  })

  test.each(['http://t:2', 'http://t:2/', 'http://t:2/base', 'https://t/v1/other?x=1'])(
    'the own endpoint %s is used as it is',
    (url) => {
      const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1', [`${own}_ENDPOINT`]: url }
      expect(settings(variables, signal).endpoint).toBe(url)
      expect(settings(variables, signal, 'grpc').endpoint).toBe(url)
    },
  )

  test('over gRPC the base endpoint gets no path', () => {
    expect(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:1' }, signal, 'grpc').endpoint).toBe('https://c:1')
    expect(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'dns:///c:1' }, signal, 'grpc').endpoint).toBe('dns:///c:1')
  })

  test.each([
    ['COMPRESSION', 'gzip', 'none', { compression: 'gzip' }, { compression: 'none' }],
    ['TIMEOUT', '7', '0', { timeoutMillis: 7 }, { timeoutMillis: 0 }],
    ['CERTIFICATE', 'a.pem', 'b.pem', { tls: { ca: { file: 'a.pem' } } }, { tls: { ca: { file: 'b.pem' } } }],
    ['CLIENT_KEY', 'a.pem', 'b.pem', { tls: { key: { file: 'a.pem' } } }, { tls: { key: { file: 'b.pem' } } }],
    [
      'CLIENT_CERTIFICATE',
      'a.pem',
      'b.pem',
      { tls: { certificate: { file: 'a.pem' } } },
      { tls: { certificate: { file: 'b.pem' } } },
    ],
  ])('%s of the signal wins over the general one', (option, general, special, generally, specially) => {
    expect(settings({ [`OTEL_EXPORTER_OTLP_${option}`]: general }, signal)).toMatchObject(generally)
    expect(settings({ [`${own}_${option}`]: special }, signal)).toMatchObject(specially)
    expect(settings({ [`${own}_${option}`]: ' ' }, signal)).toMatchObject(generally)
  })

  test('PROTOCOL and INSECURE of the signal win over the general ones', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc')
    vi.stubEnv('OTEL_EXPORTER_OTLP_INSECURE', 'TRUE')
    expect([environmentProtocol(signal), environmentInsecure(signal, 'h:1')]).toEqual(['grpc', true])
    vi.stubEnv(`${own}_PROTOCOL`, 'http/json')
    vi.stubEnv(`${own}_INSECURE`, 'false')
    expect([environmentProtocol(signal), environmentInsecure(signal, 'h:1')]).toEqual(['http/json', false])
  })

  test('headers of both kinds count, those of the signal win, whatever their case', () => {
    const variables = { OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b = x%20y', [`${own}_HEADERS`]: 'A=2' }
    expect(settings(variables, signal).headers).toEqual({ A: '2', b: 'x y' })
  })

  test('variables of other signals mean nothing', () => {
    const other = signals[(signals.indexOf(signal) + 1) % 3]!.toUpperCase()
    const variables = {
      [`OTEL_EXPORTER_OTLP_${other}_ENDPOINT`]: 'http://t:2',
      [`OTEL_EXPORTER_OTLP_${other}_HEADERS`]: 'a=1',
      [`OTEL_EXPORTER_OTLP_${other}_TIMEOUT`]: '1',
    }
    expect(settings(variables, signal)).toMatchObject({
      endpoint: `http://localhost:4318/v1/${signal}`,
      headers: {},
      timeoutMillis: 10_000,
    })
  })
})

test('options win over the environment', () => {
  const variables = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://env',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=env,b=env',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_EXPORTER_OTLP_CERTIFICATE: 'env.pem',
  }
  const options = {
    url: 'http://code',
    headers: { 'Api-Key': 'code' },
    timeoutMillis: 5,
    tls: { ca: { file: 'code.pem' } },
  }
  expect(settings(variables, 'traces', 'http/protobuf', options)).toMatchObject({
    endpoint: 'http://code',
    headers: { 'Api-Key': 'code', b: 'env' },
    timeoutMillis: 5,
    tls: { ca: { file: 'code.pem' } },
  })
})

test('headers of a function win over the environment each time', async () => {
  let token = 1
  const headers = () => ({ Token: String(token++) })
  const resolved = settings({ OTEL_EXPORTER_OTLP_HEADERS: 'token=env,b=env' }, 'traces', 'grpc', { headers }).headers
  if (typeof resolved !== 'function') throw new Error('expected a function')
  expect(await resolved()).toEqual({ Token: '1', b: 'env' })
  expect(await resolved()).toEqual({ Token: '2', b: 'env' })
})

test('a client certificate in code is not paired with the key of the environment', () => {
  const variables = {
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: 'env.pem',
    OTEL_EXPORTER_OTLP_CLIENT_KEY: 'env.key',
    OTEL_EXPORTER_OTLP_CERTIFICATE: 'ca.pem',
  }
  const tls = { certificate: { file: 'code.pem' } }
  expect(settings(variables, 'traces', 'grpc', { tls }).tls).toEqual({ ca: { file: 'ca.pem' }, ...tls })
})

test('retry takes some members, or none', () => {
  expect(settings({}, 'traces', 'grpc', { retry: { maxAttempts: 2 } }).retry).toEqual({
    initialDelayMillis: 1000,
    maxDelayMillis: 5000,
    multiplier: 1.5,
    jitter: 0.2,
    maxAttempts: 2,
  })
  expect(settings({}, 'traces', 'grpc', { retry: false }).retry).toBeUndefined()
})

test('the time-out ends the tries, and without one their count', () => {
  const triesWith = (timeoutMillis: number) => {
    const { retry } = settings({}, 'traces', 'grpc', { timeoutMillis })
    return retry?.maxAttempts
  }
  expect([triesWith(1), triesWith(0)]).toEqual([Number.POSITIVE_INFINITY, 5])
})

test.each([
  [{ concurrencyLimit: 1 }, 1, 1],
  [{ concurrencyLimit: 2 }, 2, 2],
  [{ maxConcurrentExports: 8 }, 30, 8],
  [{ concurrencyLimit: 3, maxConcurrentExports: 8 }, 3, 3],
])('%j means at most %i exports, of which a processor starts %i', (options, limit, concurrent) => {
  expect(settings({}, 'traces', 'grpc', options)).toMatchObject({
    concurrencyLimit: limit,
    maxConcurrentExports: concurrent,
  })
})

test.each([
  ['OTEL_EXPORTER_OTLP_HEADERS', 'no equals', {}],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'bad key=1', {}],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz', {}],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=line%0abreak', {}],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1', {}],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '1.5', {}],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon', {}],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', {}],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', {}],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://c', {}],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '/v1/traces', {}],
  ['concurrencyLimit', '0', { concurrencyLimit: 0 }],
  ['maxConcurrentExports', '0', { maxConcurrentExports: 0 }],
  ['timeoutMillis', '-1', { timeoutMillis: -1 }],
  ['maxRequestBytes', 'NaN', { maxRequestBytes: Number.NaN }],
  ['maxResponseBytes', '0', { maxResponseBytes: 0 }],
])('%s=%s is reported, and the default used', (name, value, options) => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  const defaults = settings({})
  expect(settings(name.startsWith('OTEL_') ? { [name]: value } : {}, 'traces', 'http/protobuf', options)).toEqual(
    defaults,
  )
  expect(warn.mock.calls.map(([said]) => said)).toEqual([name])
})

test.each(['ftp://c:1', 'http://', 'c:99999'])(
  'over gRPC the endpoint %s is reported, and the default used',
  (value) => {
    const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    expect(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: value }, 'logs', 'grpc').endpoint).toBe('http://localhost:4317')
    expect(warn).toHaveBeenCalledOnce()
  },
)

test.each(['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'])(
  '%s that names no file is said when the exporter is made, and counts all the same',
  (option) => {
    const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    const name = `OTEL_EXPORTER_OTLP_${option}`
    expect(settings({ [name]: '/nowhere/x.pem' }).tls).toBeDefined()
    expect(warn.mock.calls).toEqual([
      [name, '/nowhere/x.pem', 'the name of a file that is there', 'exports with TLS fail until it is'],
    ])
    warn.mockClear()
    expect(settings({ [name]: import.meta.filename }).tls).toBeDefined()
    expect(warn).not.toHaveBeenCalled()
  },
)

test('a header without a key is reported without its text, which may hold a token', () => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  expect(settings({ OTEL_EXPORTER_OTLP_HEADERS: 'secret' }).headers).toEqual({})
  expect(warn.mock.calls[0]?.[1]).toBe('(no key)')
})

test('an unknown protocol is reported, and http/protobuf used', () => {
  const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'udp')
  expect(environmentProtocol('traces')).toBe('http/protobuf')
  expect(warn).toHaveBeenCalledWith(
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'udp',
    'grpc, http/protobuf, http/json',
    'it is ignored, http/protobuf is used',
  )
})

test('a wrong value is said once, with what is allowed and what is done', () => {
  const lines: string[] = []
  let now = 0
  const log = (message: string) => lines.push(message)
  const events = new SdkEvents({ error: log, warn: log }, () => now)
  for (let i = 0; i < 3; i++) {
    events.invalidSetting('OTEL_EXPORTER_OTLP_TIMEOUT', 'soon', 'a whole number from 0', 'it is ignored, 10000 is used')
    now += 3_600_000
  }
  expect(lines).toEqual([
    'OTEL_EXPORTER_OTLP_TIMEOUT="soon": allowed is a whole number from 0; it is ignored, 10000 is used',
  ])
})

test.each([
  ['https://user:secret@c:1/v1/traces?token=t', 'https://c:1/v1/traces'],
  ['user:secret@c:4317', 'c:4317'],
  ['http://c:1/a@b', 'http://c:1/a@b'],
  ['unix:///run/x.sock', 'unix:///run/x.sock'],
  ['dns:///c:4317', 'dns:///c:4317'],
  ['c:4317', 'c:4317'],
])('%s stands in a log as %s', (endpoint, shown) => {
  expect(withoutCredentials(endpoint)).toBe(shown)
})
