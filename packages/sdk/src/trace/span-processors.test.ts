// SPDX-License-Identifier: Apache-2.0
import { context } from '@otel-ts/api'
import { fakeClock } from '@otel-ts/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isTracingSuppressed } from '../context/suppress-tracing.ts'
import { sdkEvents } from '../events.ts'
import { registerSdk } from '../node/register.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import { BatchSpanProcessor, type BatchSpanProcessorSettings } from './batch-span-processor.ts'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import type { ReadableSpan } from './readable-span.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import type { ExportResult, SpanExporter, SpanProcessor } from './span-processor.ts'
import { TracerProvider } from './tracer-provider.ts'

class SlowExporter implements SpanExporter {
  readonly running: { spans: string[]; answer: (result: ExportResult) => void }[] = []
  readonly destination = 'http://slow.example'
  maxConcurrentExports?: number
  shutdownCount = 0
  export(spans: ReadableSpan[], answer: (result: ExportResult) => void): void {
    this.running.push({ spans: spans.map((span) => span.name), answer })
  }
  shutdown(): Promise<void> {
    this.shutdownCount++
    return Promise.resolve()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const tracerOf = (processor: SpanProcessor) => new TracerProvider({ spanProcessors: [processor] }).getTracer('test')

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('BatchSpanProcessor', () => {
  function setUp(settings: BatchSpanProcessorSettings = {}) {
    const clock = fakeClock()
    const exporter = new SlowExporter()
    const processor = new BatchSpanProcessor({ exporter, clock, ...settings })
    const tracer = tracerOf(processor)
    return { clock, exporter, processor, end: (name: string) => tracer.startSpan(name).end() }
  }

  test('exports 512 spans together, not within end(), and one batch at a time', async () => {
    const { exporter, end } = setUp()
    for (let i = 0; i < 1024; i++) end(`${i}`)
    expect(exporter.running).toHaveLength(0)
    await turn()
    expect(exporter.running.map(({ spans }) => spans.length)).toEqual([512])
    exporter.running[0]?.answer({ code: 0 })
    await turn()
    expect(exporter.running.map(({ spans }) => spans.length)).toEqual([512, 512])
  })

  test('exports fewer after five seconds', async () => {
    const { clock, exporter, end } = setUp()
    end('a')
    await clock.advance(4999)
    expect(exporter.running).toHaveLength(0)
    await clock.advance(1)
    expect(exporter.running.map(({ spans }) => spans)).toEqual([['a']])
  })

  test('an exporter of ours may run several exports at once', async () => {
    const clock = fakeClock()
    const exporter = new SlowExporter()
    exporter.maxConcurrentExports = 2
    const tracer = tracerOf(new BatchSpanProcessor({ exporter, clock, maxExportBatchSize: 1 }))
    for (const name of ['a', 'b', 'c']) tracer.startSpan(name).end()
    await turn()
    expect(exporter.running.map(({ spans }) => spans)).toEqual([['a'], ['b']])
  })

  test('drops the newest span when the queue is full, and says what to do', async () => {
    const full = vi.spyOn(sdkEvents, 'queueFull').mockImplementation(() => {})
    const { clock, exporter, processor, end } = setUp({ maxQueueSize: 2, maxExportBatchSize: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) end(name)
    expect(processor.droppedSpanCount).toBe(1)
    await clock.advance(1000)
    expect(full).toHaveBeenCalledWith({
      count: 1,
      maxQueueSize: 2,
      destination: 'http://slow.example',
      sinceSuccessMillis: undefined,
    })
    exporter.running[0]?.answer({ code: 0 })
    await turn()
    expect(exporter.running.map(({ spans }) => spans)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  test('drops the newest span when the queue is full by bytes, and says what to do', async () => {
    const said = vi.spyOn(sdkEvents, 'queueBytesFull').mockImplementation(() => {})
    const { clock, processor, end } = setUp({ maxQueueBytes: 10_000 })
    const tracer = tracerOf(processor)
    end('small')
    tracer.startSpan('large', { attributes: { body: 'x'.repeat(10_000) } }).end()
    end('neighbour')
    expect(processor.droppedSpanCount).toBe(1)
    await clock.advance(1000)
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ count: 1 }), 10_000)
  })

  test.each([
    [undefined, 1],
    [0, 0],
    [-1, 1],
    ['x', 1],
  ])('maxQueueBytes %s drops %i spans of 65 MB', (maxQueueBytes, dropped) => {
    vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.spyOn(sdkEvents, 'queueBytesFull').mockImplementation(() => {})
    const { processor } = setUp({ maxQueueBytes } as never)
    // A rope: the characters are never written out.
    tracerOf(processor)
      .startSpan('large', { attributes: { body: 'x'.repeat(68_000_000) } })
      .end()
    expect(processor.droppedSpanCount).toBe(dropped)
  })

  test('a failed export is counted and reported', async () => {
    const failed = vi.spyOn(sdkEvents, 'exportFailed').mockImplementation(() => {})
    const { exporter, processor, end } = setUp({ maxExportBatchSize: 1 })
    end('a')
    await turn()
    exporter.running[0]?.answer({ code: 1, error: new Error('refused') })
    expect(processor.failedSpanCount).toBe(1)
    expect(failed.mock.calls[0]?.[1]).toEqual(new Error('refused'))
  })

  test('settings come from OTEL_BSP_* where options leave them open', async () => {
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '2')
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '3')
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '7')
    const { clock, exporter, processor, end } = setUp()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) end(name)
    expect(processor.droppedSpanCount).toBe(1)
    await turn()
    expect(exporter.running[0]?.spans).toEqual(['a', 'b'])
    exporter.running[0]?.answer({ code: 0 })
    exporter.running[1]?.answer({ code: 0 })
    await clock.advance(7)
    expect(exporter.running.map(({ spans }) => spans.join(''))).toEqual(['ab', 'cd', 'e'])
  })

  test('a batch larger than the queue is made as large as the queue, with a warning', async () => {
    const warn = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    const { exporter, end } = setUp({ maxQueueSize: 2, maxExportBatchSize: 3 })
    end('a')
    end('b')
    await turn()
    expect(exporter.running[0]?.spans).toEqual(['a', 'b'])
    expect(warn).toHaveBeenCalledOnce()
  })

  test('takes the arguments of opentelemetry-js 2.x', async () => {
    const exporter = new SlowExporter()
    const tracer = tracerOf(new BatchSpanProcessor(exporter, { maxExportBatchSize: 1, clock: fakeClock() }))
    tracer.startSpan('a').end()
    await turn()
    expect(exporter.running).toHaveLength(1)
  })

  test('forceFlush drains, shutdown drains and shuts the exporter down once', async () => {
    const { exporter, processor, end } = setUp()
    end('a')
    const flushed = processor.forceFlush()
    exporter.running[0]?.answer({ code: 0 })
    await flushed
    end('b')
    const both = [processor.shutdown(), processor.shutdown()]
    exporter.running[1]?.answer({ code: 0 })
    await Promise.all(both)
    expect(exporter.shutdownCount).toBe(1)
    expect(processor.exportedSpanCount).toBe(2)
  })

  test('a rejected shutdown that nobody awaits does not end the process', async () => {
    vi.spyOn(sdkEvents, 'droppedAtShutdown').mockImplementation(() => {})
    const { clock, exporter, processor, end } = setUp({ exportTimeoutMillis: 10, maxExportBatchSize: 1 })
    vi.spyOn(sdkEvents, 'exportFailed').mockImplementation(() => {})
    end('a')
    end('b')
    void processor.shutdown()
    await clock.advance(100)
    expect(exporter.shutdownCount).toBe(1)
  })

  test('waits for resource attributes that are still being found out', async () => {
    let found = (_value: string): void => {}
    const resource = resourceFromAttributes({
      'host.id': new Promise<string>((resolve) => {
        found = resolve
      }),
    })
    const exporter = new InMemorySpanExporter()
    const processor = new BatchSpanProcessor({ exporter, clock: fakeClock() })
    const provider = new TracerProvider({ resource, spanProcessors: [processor] })
    provider.getTracer('x').startSpan('a').end()
    const flushed = processor.forceFlush()
    await turn()
    expect(exporter.getFinishedSpans()).toHaveLength(0)
    found('h1')
    await flushed
    expect(exporter.getFinishedSpans()[0]?.resource.attributes).toEqual({ 'host.id': 'h1' })
  })

  test('exports run with tracing suppressed and outside the trace that filled the batch', async () => {
    const registration = registerSdk(undefined, { propagator: null })
    try {
      const seen: boolean[] = []
      const exporter: SpanExporter = {
        export(_spans, answer) {
          seen.push(isTracingSuppressed(context.active()))
          tracer.startSpan('of the exporter').end()
          answer({ code: 0 })
        },
        shutdown: () => Promise.resolve(),
      }
      const processor = new BatchSpanProcessor({ exporter, clock: fakeClock(), maxExportBatchSize: 1 })
      const tracer = tracerOf(processor)
      tracer.startActiveSpan('a', (span) => span.end())
      await processor.forceFlush()
      expect(seen).toEqual([true])
      expect(processor.exportedSpanCount).toBe(1)
    } finally {
      registration.unregister()
    }
  })
})

describe('SimpleSpanProcessor', () => {
  test('has exported before end() returns when the exporter answers at once', () => {
    const exporter = new InMemorySpanExporter()
    tracerOf(new SimpleSpanProcessor({ exporter })).startSpan('a').end()
    expect(exporter.getFinishedSpans()).toHaveLength(1)
  })

  test('never runs two exports at once', () => {
    const exporter = new SlowExporter()
    const tracer = tracerOf(new SimpleSpanProcessor({ exporter, clock: fakeClock() }))
    tracer.startSpan('a').end()
    tracer.startSpan('b').end()
    expect(exporter.running.map(({ spans }) => spans)).toEqual([['a']])
    exporter.running[0]?.answer({ code: 0 })
    expect(exporter.running.map(({ spans }) => spans)).toEqual([['a'], ['b']])
  })

  test('an exporter that ends spans while it exports does not recurse', () => {
    const depths: number[] = []
    let depth = 0
    let made = 0
    const exporter: SpanExporter = {
      export(_spans, answer) {
        depths.push(++depth)
        if (made++ < 3) provider.getTracer('x').startSpan('again').end()
        depth--
        answer({ code: 0 })
      },
      shutdown: () => Promise.resolve(),
    }
    const processor = new SimpleSpanProcessor({ exporter })
    const provider = new TracerProvider({ spanProcessors: [processor] })
    provider.getTracer('x').startSpan('a').end()
    expect(depths).toEqual([1, 1, 1, 1])
    expect(processor.exportedSpanCount).toBe(4)
  })
})

test('InMemorySpanExporter forgets on reset, and refuses spans after shutdown', async () => {
  const exporter = new InMemorySpanExporter()
  const span = {} as ReadableSpan
  exporter.export([span], () => {})
  exporter.reset()
  expect(exporter.getFinishedSpans()).toEqual([])
  await exporter.shutdown()
  const results: ExportResult[] = []
  exporter.export([span], (result) => results.push(result))
  expect(results[0]?.code).toBe(1)
})
