// SPDX-License-Identifier: Apache-2.0
// Environment variables that the SDK reads when it starts: npm's packages have other classes for these, so the tests are
// ours alone. configuration/sdk-environment-variables.md
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diag, propagation, trace } from '@otel-ts/api'
import { BatchSpanProcessor, InMemorySpanExporter, NodeSDK, type ReadableSpan, TracerProvider } from '@otel-ts/sdk'
import { captureOtlp, fakeClock } from '@otel-ts/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { captureGrpc } from './grpc-capture.ts'

const set: string[] = []
function setEnvironment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    set.push(name)
    process.env[name] = value
  }
}
afterEach(() => {
  for (const name of set.splice(0)) delete process.env[name]
  vi.restoreAllMocks()
})

describe('resource variables', () => {
  const attributes = () => new TracerProvider().resource.attributes

  test('OTEL_RESOURCE_ATTRIBUTES adds attributes, percent-decoded', () => {
    setEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=pro%20d, team%2Cname = a%3Db' })
    expect(attributes()).toMatchObject({ 'deployment.environment.name': 'pro d', 'team,name': 'a=b' })
  })

  test('OTEL_RESOURCE_ATTRIBUTES with one error is discarded as a whole', () => {
    setEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b=%zz' })
    expect(attributes()).not.toHaveProperty('a')
    setEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' })
    expect(attributes()).not.toHaveProperty('a')
  })

  test('OTEL_SERVICE_NAME wins over service.name of OTEL_RESOURCE_ATTRIBUTES', () => {
    setEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=general', OTEL_SERVICE_NAME: 'own' })
    expect(attributes()['service.name']).toBe('own')
    setEnvironment({ OTEL_SERVICE_NAME: '' })
    expect(attributes()['service.name']).toBe('general')
  })
})

describe('batch span processor variables', () => {
  /** Ends `count` spans under the given variables; exports wait for nothing but the processor's own times. */
  function endSpans(count: number, variables: Record<string, string>) {
    setEnvironment(variables)
    const clock = fakeClock()
    const batches: number[] = []
    const answers: (() => void)[] = []
    const exporter = {
      export(spans: ReadableSpan[], done: (result: { code: 0 }) => void) {
        batches.push(spans.length)
        answers.push(() => done({ code: 0 }))
      },
      shutdown: () => Promise.resolve(),
    }
    const spanProcessor = new BatchSpanProcessor(exporter, { clock })
    const tracer = new TracerProvider({ spanProcessors: [spanProcessor] }).getTracer('a')
    for (let i = 0; i < count; i++) tracer.startSpan('s').end()
    return { clock, batches, answers, spanProcessor }
  }
  const turns = async () => {
    for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  test('OTEL_BSP_MAX_EXPORT_BATCH_SIZE and OTEL_BSP_MAX_QUEUE_SIZE bound a batch and what waits', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { batches, answers, spanProcessor } = endSpans(7, {
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
      OTEL_BSP_MAX_QUEUE_SIZE: '4',
    })
    await turns()
    for (let i = 0; i < 10; i++) {
      answers.shift()?.()
      await turns()
    }
    expect(new Set(batches)).toEqual(new Set([2]))
    expect(spanProcessor.droppedSpanCount).toBeGreaterThan(0)
    expect(batches.length * 2 + spanProcessor.droppedSpanCount).toBe(7)
  })

  test('OTEL_BSP_SCHEDULE_DELAY is the longest wait of a span', async () => {
    const { batches, clock } = endSpans(1, { OTEL_BSP_SCHEDULE_DELAY: '250' })
    await clock.advance(249)
    await turns()
    expect(batches).toEqual([])
    await clock.advance(1)
    await turns()
    expect(batches).toEqual([1])
  })

  test('OTEL_BSP_EXPORT_TIMEOUT ends an export that does not answer', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { clock, spanProcessor } = endSpans(1, { OTEL_BSP_EXPORT_TIMEOUT: '100', OTEL_BSP_SCHEDULE_DELAY: '0' })
    let flushed = false
    const flush = spanProcessor
      .forceFlush()
      .catch(() => {})
      .then(() => {
        flushed = true
      })
    await turns()
    await clock.advance(99)
    await turns()
    expect(flushed).toBe(false)
    await clock.advance(1)
    await flush
  })
})

describe('SDK variables', () => {
  test('OTEL_SDK_DISABLED=true registers no tracer provider; any other value does', async () => {
    const recordingUnder = async (value: string) => {
      setEnvironment({ OTEL_SDK_DISABLED: value })
      const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter() })
      sdk.start()
      const isRecording = trace.getTracer('a').startSpan('s').isRecording()
      await sdk.shutdown()
      return isRecording
    }
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect([await recordingUnder('TRUE'), await recordingUnder('false'), await recordingUnder('1')]).toEqual([
      false,
      true,
      true,
    ])
  })

  test('OTEL_PROPAGATORS names propagators, in order; what is unknown or not installed is said and left out', async () => {
    const fieldsUnder = async (value: string) => {
      setEnvironment({ OTEL_PROPAGATORS: value })
      const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter() })
      sdk.start()
      const fields = propagation.fields()
      await sdk.shutdown()
      return fields
    }
    const lines: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line))
    expect(await fieldsUnder('')).toEqual(['traceparent', 'tracestate', 'baggage'])
    expect(await fieldsUnder('Baggage,b3,b3,tracecontext')).toEqual(['baggage', 'b3', 'traceparent', 'tracestate'])
    expect(await fieldsUnder('b3multi')).toEqual(['x-b3-traceid', 'x-b3-spanid', 'x-b3-flags', 'x-b3-sampled'])
    expect(await fieldsUnder('none')).toEqual([])
    expect(lines).toEqual([])
    // The three of packages of their own: an application without them, then with them.
    const folder = mkdtempSync(join(tmpdir(), 'otel-ts-propagators-'))
    vi.spyOn(process, 'cwd').mockReturnValue(folder)
    const argv = process.argv
    process.argv = [argv[0]!, join(folder, 'main.js')]
    try {
      expect(await fieldsUnder('b3,xray')).toEqual(['b3'])
      expect(lines.join()).toContain('npm install @otel-ts/propagator-aws-xray')
      for (const [name, className] of [
        ['jaeger', 'JaegerPropagator'],
        ['ot-trace', 'OTTracePropagator'],
        ['aws-xray', 'AWSXRayPropagator'],
      ] as const) {
        const installed = join(folder, 'node_modules', '@otel-ts', `propagator-${name}`)
        mkdirSync(installed, { recursive: true })
        const source = `exports.${className} = class { fields() { return ['${name}'] } }`
        writeFileSync(join(installed, 'index.js'), source)
      }
      expect(await fieldsUnder('xray,ottrace,b3,jaeger')).toEqual(['aws-xray', 'ot-trace', 'b3', 'jaeger'])
    } finally {
      process.argv = argv
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('OTEL_LOG_LEVEL is the least level of the log of the SDK', async () => {
    const linesUnder = async (level: string) => {
      const lines: string[] = []
      vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line))
      setEnvironment({ OTEL_LOG_LEVEL: level })
      const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter() })
      sdk.start()
      for (const name of ['error', 'warn', 'info', 'debug', 'verbose'] as const) diag[name](`said ${name}`)
      await sdk.shutdown()
      return lines.filter((line) => line.includes('said ')).map((line) => line.split('said ')[1])
    }
    expect(await linesUnder('none')).toEqual([])
    expect(await linesUnder('error')).toEqual(['error'])
    expect(await linesUnder('INFO')).toEqual(['error', 'warn', 'info'])
    expect(await linesUnder('all')).toEqual(['error', 'warn', 'info', 'debug', 'verbose'])
  })

  test('OTEL_EXPORTER_OTLP_PROTOCOL chooses how spans go; that for traces wins', async () => {
    const http = await captureOtlp()
    const grpc = await captureGrpc()
    const under = async (variables: Record<string, string>) => {
      setEnvironment({ OTEL_TRACES_EXPORTER: 'otlp', ...variables })
      const sdk = new NodeSDK()
      sdk.start()
      trace.getTracer('a').startSpan('s').end()
      await sdk.forceFlush()
      await sdk.shutdown()
      return [http.requests.at(-1)?.headers['content-type'], http.requests.length, grpc.calls.length]
    }
    try {
      setEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: http.url })
      expect(await under({ OTEL_EXPORTER_OTLP_PROTOCOL: '' })).toEqual(['application/x-protobuf', 1, 0])
      expect(await under({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })).toEqual(['application/json', 2, 0])
      expect(await under({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' })).toEqual([
        'application/x-protobuf',
        3,
        0,
      ])
      setEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: grpc.url })
      expect((await under({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' })).slice(1)).toEqual([3, 1])
    } finally {
      await http.close()
      await grpc.close()
    }
  })

  test('OTEL_TRACES_EXPORTER=otlp/stdout writes spans as JSON lines to standard output', async () => {
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation(((bytes: Uint8Array, done: () => void) => {
      lines.push(Buffer.from(bytes).toString())
      done()
      return true
    }) as typeof process.stdout.write)
    setEnvironment({ OTEL_TRACES_EXPORTER: 'otlp/stdout' })
    const sdk = new NodeSDK()
    sdk.start()
    trace.getTracer('a').startSpan('printed').end()
    await sdk.shutdown()
    vi.restoreAllMocks()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{"resourceSpans":\[.*"name":"printed".*\}\n$/)
  })

  test('OTEL_TRACES_EXPORTER chooses OTLP, the console, several or none', async () => {
    const printed: unknown[] = []
    vi.spyOn(console, 'dir').mockImplementation((value) => void printed.push(value))
    const wire = await captureOtlp()
    const under = async (exporters: string) => {
      setEnvironment({ OTEL_TRACES_EXPORTER: exporters, OTEL_EXPORTER_OTLP_ENDPOINT: wire.url })
      const before = { printed: printed.length, sent: wire.requests.length }
      const sdk = new NodeSDK()
      sdk.start()
      trace.getTracer('a').startSpan('s').end()
      await sdk.forceFlush()
      await sdk.shutdown()
      return [printed.length - before.printed, wire.requests.length - before.sent]
    }
    try {
      expect([await under('console'), await under('otlp'), await under('otlp,console'), await under('none')]).toEqual([
        [1, 0],
        [0, 1],
        [1, 1],
        [0, 0],
      ])
    } finally {
      await wire.close()
    }
  })
})
