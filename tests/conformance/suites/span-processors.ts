// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableSpan, SpanExporter, SpanProcessor } from '@otel-ts/sdk'
import { afterEach, describe, expect, vi } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'

/** An exporter that answers when told to, and notes what it is asked. */
class ScriptedExporter implements SpanExporter {
  readonly calls: string[] = []
  readonly waiting: ((result: ExportResult) => void)[] = []
  running = 0
  mostRunning = 0

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    this.calls.push(`export ${spans.map((span) => span.name).join(' ')}`)
    this.mostRunning = Math.max(this.mostRunning, ++this.running)
    this.waiting.push((result) => {
      this.running--
      resultCallback(result)
    })
  }
  forceFlush(): Promise<void> {
    this.calls.push('forceFlush')
    return Promise.resolve()
  }
  shutdown(): Promise<void> {
    this.calls.push('shutdown')
    return Promise.resolve()
  }
  /** Answers all exports, also those that follow from the answers. */
  async answerAll(code: 0 | 1 = 0): Promise<void> {
    for (let idle = 0; idle < 20; idle++) {
      const answer = this.waiting.shift()
      if (answer !== undefined) {
        answer({ code })
        idle = 0
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
}

/** trace/sdk.md#span-processor, #built-in-span-processors, #span-exporter */
export function spanProcessorConformance(implementation: Implementation, test: DefineTest): void {
  const { sdk } = implementation
  const builtIn: [string, (exporter: SpanExporter) => SpanProcessor][] = [
    ['the simple processor', (exporter) => new sdk.SimpleSpanProcessor(exporter)],
    ['the batch processor', (exporter) => new sdk.BatchSpanProcessor(exporter, { maxExportBatchSize: 2 })],
  ]
  const start = (spanProcessor: SpanProcessor) => {
    const provider = new sdk.NodeTracerProvider({
      sampler: new sdk.AlwaysOnSampler(),
      spanProcessors: [spanProcessor],
    })
    const tracer = provider.getTracer('a')
    const end = (...names: string[]) => {
      for (const name of names) tracer.startSpan(name).end()
    }
    return { provider, end }
  }

  describe('built-in span processors', () => {
    for (const [name, create] of builtIn) {
      test(`${name} flushes: what ended before is exported, and the exporter flushes too, before the flush resolves`, async () => {
        const exporter = new ScriptedExporter()
        const { provider, end } = start(create(exporter))
        end('a', 'b', 'c')
        let flushed = false
        const flush = provider.forceFlush().then(() => {
          flushed = true
        })
        await new Promise<void>((resolve) => setImmediate(resolve))
        expect(flushed).toBe(false)
        await exporter.answerAll()
        await flush
        const exports = exporter.calls.filter((call) => call.startsWith('export '))
        expect(exports.join(' ').replaceAll('export ', '')).toBe('a b c')
        expect(exporter.calls.at(-1)).toBe('forceFlush')
        await provider.shutdown()
      })

      test(`${name} never calls an exporter that is still exporting`, async () => {
        const exporter = new ScriptedExporter()
        const { provider, end } = start(create(exporter))
        end('a', 'b', 'c', 'd', 'e')
        const flush = provider.forceFlush()
        await exporter.answerAll()
        await flush
        expect(exporter.calls.filter((call) => call.startsWith('export ')).length).toBeGreaterThan(2)
        expect(exporter.mostRunning).toBe(1)
        await provider.shutdown()
      })

      test(`${name} exports what waits and shuts its exporter down once`, async () => {
        const exporter = new ScriptedExporter()
        const { provider, end } = start(create(exporter))
        end('a')
        const shutdown = provider.shutdown()
        await exporter.answerAll()
        await shutdown
        end('late')
        await provider.shutdown()
        expect(exporter.calls.filter((call) => call !== 'forceFlush')).toEqual(['export a', 'shutdown'])
      })
    }
  })

  describe('span exporters', () => {
    afterEach(() => void vi.restoreAllMocks())

    test('get batches and say by callback whether they took them; a failure stops nothing', async () => {
      const exporter = new ScriptedExporter()
      const { provider, end } = start(new sdk.BatchSpanProcessor(exporter, { maxExportBatchSize: 2 }))
      end('a', 'b', 'c')
      // Whether a failed export makes the flush fail is the implementation's choice.
      const flush = provider.forceFlush().catch(() => {})
      await exporter.answerAll(1)
      await flush
      end('d')
      const second = provider.forceFlush()
      await exporter.answerAll(0)
      await second
      expect(exporter.calls.filter((call) => call.startsWith('export '))).toEqual([
        'export a b',
        'export c',
        'export d',
      ])
      await provider.shutdown()
    })

    test('on standard output print name, ids, attributes and status', async () => {
      const printed: unknown[] = []
      vi.spyOn(console, 'dir').mockImplementation((value) => void printed.push(value))
      const provider = new sdk.NodeTracerProvider({
        sampler: new sdk.AlwaysOnSampler(),
        spanProcessors: [new sdk.SimpleSpanProcessor(new sdk.ConsoleSpanExporter())],
      })
      const span = provider.getTracer('a').startSpan('printed', { attributes: { k: 'v' } })
      span.setStatus({ code: 2, message: 'no' }).end()
      await provider.forceFlush()
      expect(printed).toHaveLength(1)
      expect(printed[0]).toMatchObject({
        name: 'printed',
        id: span.spanContext().spanId,
        traceId: span.spanContext().traceId,
        attributes: { k: 'v' },
        status: { code: 2, message: 'no' },
      })
      await provider.shutdown()
    })
  })
}
