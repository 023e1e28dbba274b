// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { isOtlpError } from '@otel-ts/otlp'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { OtlpFileTraceExporter } from '../otlp-file/index.ts'
import { BatchSpanProcessor } from '../trace/batch-span-processor.ts'
import type { ReadableSpan } from '../trace/readable-span.ts'
import { type ExportResult, NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { encodeTraceRequestJson } from './encode-trace-request-json.ts'

const folder = mkdtempSync(join(tmpdir(), 'otel-ts-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

let fileCount = 0
const freshPath = (): string => join(folder, `${fileCount++}.jsonl`)

function spans(...names: string[]): ReadableSpan[] {
  const tracer = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('t')
  return names.map((name) => {
    const span = tracer.startSpan(name)
    span.end()
    return span as unknown as ReadableSpan
  })
}

function exportWith(exporter: OtlpFileTraceExporter, batch: ReadableSpan[]): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(batch, resolve))
}

interface TracesData {
  resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[]
}

/** Names of the spans of each line; throws when a line is not JSON or the last has no end. */
function namesByLine(text: string): string[][] {
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => {
    const data = JSON.parse(line) as TracesData
    return data.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans.map((span) => span.name)))
  })
}

describe('to a file', () => {
  test('each export is one line, a TracesData object in OTLP JSON', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    const batch = spans('a', 'b\n')
    expect(await exportWith(exporter, batch)).toEqual({ code: 0 })
    expect(readFileSync(path, 'utf8')).toBe(`${Buffer.concat(encodeTraceRequestJson(batch)).toString()}\n`)
    expect(exporter.destination).toBe(path)
    await exporter.shutdown()
  })

  test('a request of many pieces is one line', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    const names = Array.from({ length: 2000 }, (_, i) => `${i}-${'x'.repeat(90)}`)
    const batch = spans(...names)
    expect(encodeTraceRequestJson(batch).length).toBeGreaterThan(1)
    expect(await exportWith(exporter, batch)).toEqual({ code: 0 })
    expect(namesByLine(readFileSync(path, 'utf8'))).toEqual([names])
    await exporter.shutdown()
  })

  test('lines come in the order of the exports, also when all run at once', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => exportWith(exporter, spans(name))))
    expect(namesByLine(readFileSync(path, 'utf8'))).toEqual([['a'], ['b'], ['c'], ['d']])
    await exporter.shutdown()
  })

  test('one line is written at a time, in pieces or not, whatever the number of exports', async () => {
    let running = 0
    let most = 0
    const open = async (): Promise<object> => ({
      async writev(pieces: Uint8Array[]): Promise<{ bytesWritten: number }> {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return { bytesWritten: Math.min(50, Buffer.concat(pieces).length) }
      },
      async close(): Promise<void> {},
    })
    const openCount = vi.fn(open)
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ open: openCount, stat: async () => ({ size: 0 }) } as never)
    const exporter = new OtlpFileTraceExporter({ path: 'x' })
    const results = await Promise.all(['a', 'b', 'c'].map((name) => exportWith(exporter, spans(name))))
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
    expect([most, openCount.mock.calls.length]).toEqual([1, 1])
  })

  test('what is there stays: lines are appended', async () => {
    const path = freshPath()
    for (const name of ['a', 'b']) {
      const exporter = new OtlpFileTraceExporter({ path })
      await exportWith(exporter, spans(name))
      await exporter.shutdown()
    }
    expect(namesByLine(readFileSync(path, 'utf8'))).toEqual([['a'], ['b']])
  })

  test('half a line that a killed process left is not glued to the next', async () => {
    const path = freshPath()
    writeFileSync(path, '{"resourceSp')
    const exporter = new OtlpFileTraceExporter({ path })
    await exportWith(exporter, spans('a'))
    const [torn, ...rest] = readFileSync(path, 'utf8').split('\n')
    expect(torn).toBe('{"resourceSp')
    expect(namesByLine(rest.join('\n'))).toEqual([['a']])
    await exporter.shutdown()
  })

  test('an empty batch writes nothing, and no file', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    expect(await exportWith(exporter, [])).toEqual({ code: 0 })
    expect(() => readFileSync(path)).toThrow('ENOENT')
    await exporter.shutdown()
  })

  test('a flush resolves when everything is in the file', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    exporter.export(spans('a'), () => {})
    exporter.export(spans('b'), () => {})
    await exporter.forceFlush()
    expect(namesByLine(readFileSync(path, 'utf8'))).toEqual([['a'], ['b']])
    await exporter.shutdown()
  })

  test('a folder that is not there fails the export by name, and the next tries again', async () => {
    const path = join(folder, 'later', 'x.jsonl')
    const exporter = new OtlpFileTraceExporter({ path })
    const { code, error } = await exportWith(exporter, spans('a'))
    expect(code).toBe(1)
    expect(isOtlpError(error) && error.code).toBe('OTLP_FILE')
    expect(error?.message).toMatch(
      /^.*x\.jsonl: ENOENT: .*; expected is a place that can be written to; 1 items not written$/,
    )
    mkdirSync(join(folder, 'later'))
    expect(await exportWith(exporter, spans('b'))).toEqual({ code: 0 })
    expect(namesByLine(readFileSync(path, 'utf8'))).toEqual([['b']])
    await exporter.shutdown()
  })

  test('a disk that takes pieces is given the rest; one that is full spoils one line only', async () => {
    let text = ''
    let room = 1000
    const open = async (): Promise<object> => ({
      async writev(pieces: Uint8Array[]): Promise<{ bytesWritten: number }> {
        if (room === 0) throw new Error('ENOSPC: no space left on device, write')
        const bytes = Buffer.concat(pieces).subarray(0, Math.min(room, 100))
        text += bytes.toString()
        room -= bytes.length
        return { bytesWritten: bytes.length }
      },
      async close(): Promise<void> {},
    })
    const files = { open, stat: async () => ({ size: 0 }) }
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(files as never)
    const exporter = new OtlpFileTraceExporter({ path: 'x' })
    expect(await exportWith(exporter, spans('a'))).toEqual({ code: 0 })
    room = 50
    expect((await exportWith(exporter, spans('b'))).error?.message).toContain('ENOSPC')
    room = 10_000
    expect(await exportWith(exporter, spans('c'))).toEqual({ code: 0 })
    const lines = text.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toHaveLength(50)
    expect(namesByLine(`${lines[0]}\n${lines[2]}\n`)).toEqual([['a'], ['c']])
  })

  test('after shutdown nothing is written', async () => {
    const path = freshPath()
    const exporter = new OtlpFileTraceExporter({ path })
    await exporter.shutdown()
    expect((await exportWith(exporter, spans('a'))).code).toBe(1)
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })
})

describe('to a stream', () => {
  function collect(): { stream: Writable; text: () => string } {
    const chunks: Buffer[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    return { stream, text: () => Buffer.concat(chunks).toString() }
  }

  test('standard output is the default', async () => {
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation(((bytes: Uint8Array, done: () => void) => {
      lines.push(Buffer.from(bytes).toString())
      done()
      return true
    }) as typeof process.stdout.write)
    const exporter = new OtlpFileTraceExporter()
    expect(exporter.destination).toBe('stdout')
    await exportWith(exporter, spans('a'))
    await exporter.shutdown()
    expect(lines).toHaveLength(1)
    expect(namesByLine(lines[0]!)).toEqual([['a']])
  })

  test('the stream of somebody else is written to line by line and not ended', async () => {
    const { stream, text } = collect()
    const exporter = new OtlpFileTraceExporter({ stream })
    await exportWith(exporter, spans('a'))
    await exporter.shutdown()
    expect(stream.writableEnded).toBe(false)
    expect(namesByLine(text())).toEqual([['a']])
  })

  test('a slow stream holds one line at a time; what comes meanwhile waits in the queue of the processor', async () => {
    let go = (): void => {}
    let writeCount = 0
    const stream = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, done) {
        writeCount++
        go = done
      },
    })
    const exporter = new OtlpFileTraceExporter({ stream })
    const processor = new BatchSpanProcessor({ exporter, maxExportBatchSize: 1, maxQueueSize: 3 })
    for (const span of spans('a', 'b', 'c', 'd', 'e')) processor.onEnd(span)
    await vi.waitFor(() => expect(writeCount).toBe(1))
    expect([processor.exportedSpanCount, processor.droppedSpanCount]).toEqual([0, 1])
    const flushed = processor.forceFlush()
    for (let i = 1; i <= 4; i++) {
      await vi.waitFor(() => expect(writeCount).toBe(i))
      go()
    }
    await flushed
    expect([processor.exportedSpanCount, processor.droppedSpanCount]).toEqual([4, 1])
    await processor.shutdown()
  })

  test.each([
    [0, 1],
    [1, 0],
  ])(
    'a closed pipe fails the export, and its event ends no process in which %i listen',
    async (listenerCount, addedCount) => {
      const once = vi.fn()
      const stream = {
        write: (_bytes: Uint8Array, done: (error: Error) => void) => done(new Error('write EPIPE')),
        listenerCount: () => listenerCount,
        once,
      }
      const { code, error } = await exportWith(new OtlpFileTraceExporter({ stream }), spans('a'))
      expect(code).toBe(1)
      expect(error?.message).toBe(
        'stream: write EPIPE; expected is a place that can be written to; 1 items not written',
      )
      expect(once).toHaveBeenCalledTimes(addedCount)
    },
  )

  test('file and stream at once are refused', () => {
    const { stream } = collect()
    expect(() => new OtlpFileTraceExporter({ path: 'x', stream })).toThrow(
      'path "x" and stream: both are given; allowed is one of them; the exporter is not made',
    )
  })
})
