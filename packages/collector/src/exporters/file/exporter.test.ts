// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { type Batch, batchFromRecords, type ConsumeContext } from '@otel-ts/otlp'
import { logRecord, logsOfService, spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { fileConfig } from './config.ts'
import { fileExporter } from './exporter.ts'
import { RotatingFile } from './rotating-file.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-exporter-'))
})
afterEach(() => rm(folder, { recursive: true }))

const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }
const never = new AbortController().signal
const traces = (name: string): Batch => batchFromRecords('traces', [spansOfService('s', [spanRecord({ name })])])

function create(yaml: string) {
  const settings = testSettings({ kind: 'exporter', id: 'file' })
  const config = readConfig(fileConfig, parseYaml(yaml, 'x').node).value!
  return { settings, exporter: fileExporter.create(config, settings) }
}

test('writes one line of OTLP JSON a request, each signal after its own kind, in order', async () => {
  const path = join(folder, 'out.json')
  const { exporter, settings } = create(`{path: ${path}}`)
  await exporter.start!()
  await Promise.all([
    exporter.consume(traces('a\nb'), context),
    exporter.consume(batchFromRecords('logs', [logsOfService('s', [logRecord({ body: 'x' })])]), context),
    exporter.consume(traces('c'), context),
  ])
  await exporter.shutdown!(never)
  const lines = (await readFile(path, 'utf8')).split('\n')
  expect(lines.length).toBe(4)
  expect(lines[3]).toBe('')
  expect(lines.slice(0, 3).map((line) => Object.keys(JSON.parse(line)))).toEqual([
    ['resourceSpans'],
    ['resourceLogs'],
    ['resourceSpans'],
  ])
  expect(JSON.parse(lines[0]!).resourceSpans[0].scopeSpans[0].spans[0].name).toBe('a\nb')
  expect(settings.count('exporter_sent_spans')).toBe(2)
})

test('proto: each request stands after its length in four bytes', async () => {
  const path = join(folder, 'out.bin')
  const { exporter } = create(`{path: ${path}, format: proto}`)
  await exporter.start!()
  const batch = traces('a')
  await exporter.consume(batch, context)
  await exporter.shutdown!(never)
  const [chunk] = batch.chunks()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(chunk!.byteLength)
  expect(await readFile(path)).toEqual(Buffer.concat([length, chunk!]))
})

test.each([
  ['false', ''],
  ['true', 'before\n'],
])('append: %s', async (append, kept) => {
  const path = join(folder, 'out.json')
  await writeFile(path, 'before\n')
  const { exporter } = create(`{path: ${path}, append: ${append}}`)
  await exporter.start!()
  await exporter.shutdown!(never)
  expect(await readFile(path, 'utf8')).toBe(kept)
})

test('a missing folder is an error at start unless create_directory makes it', async () => {
  const path = join(folder, 'a/b/out.json')
  await expect(create(`{path: ${path}}`).exporter.start!()).rejects.toThrow('ENOENT')
  const { exporter } = create(`{path: ${path}, create_directory: true}`)
  await exporter.start!()
  await exporter.consume(traces('x'), context)
  await exporter.shutdown!(never)
  expect((await readFile(path, 'utf8')).length).toBeGreaterThan(0)
})

test('a write that fails leaves the data with the sender, and the next one is tried', async () => {
  const { exporter, settings } = create('{path: /dev/full}')
  await exporter.start!()
  await expect(exporter.consume(traces('a'), context)).rejects.toMatchObject({ code: 'FILE_WRITE', retryable: true })
  await expect(exporter.consume(traces('b'), context)).rejects.toMatchObject({ code: 'FILE_WRITE' })
  expect(settings.count('exporter_send_failed_spans')).toBe(2)
  await exporter.shutdown!(never)
  await expect(exporter.consume(traces('c'), context)).rejects.toMatchObject({ retryable: true })
})

describe('a write that breaks off', () => {
  // The disk is full after half of the bytes: what appendFile has written by then stays.
  const breakOff = (handle: FileHandle) => {
    const prototype = Object.getPrototypeOf(handle) as FileHandle
    const append = vi.spyOn(prototype, 'appendFile')
    append.mockImplementationOnce(async function (this: FileHandle, bytes) {
      await this.write((bytes as Buffer).subarray(0, (bytes as Buffer).byteLength >> 1))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
    return prototype
  }
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('leaves no half request and no hole in the file', async () => {
    const path = join(folder, 'out.json')
    const { exporter } = create(`{path: ${path}}`)
    await exporter.start!()
    await exporter.consume(traces('a'), context)
    const before = await readFile(path, 'utf8')
    const handle = await open(path)
    breakOff(handle)
    await handle.close()
    await expect(exporter.consume(traces('b'), context)).rejects.toMatchObject({ code: 'FILE_WRITE', retryable: true })
    expect(await readFile(path, 'utf8')).toBe(before)
    await exporter.consume(traces('c'), context)
    await exporter.shutdown!(never)
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0].name)).toEqual(['a', 'c'])
  })

  test('that cannot be taken back at once is taken back before the next', async () => {
    const path = join(folder, 'out.json')
    const file = await RotatingFile.open(path, { append: false, rotation: undefined })
    const handle = await open(path)
    const prototype = breakOff(handle)
    await handle.close()
    vi.spyOn(prototype, 'truncate').mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }))
    expect(await file.write([Buffer.from('first\n')])).toMatchObject({ writtenCount: 0, error: { code: 'ENOSPC' } })
    expect(await readFile(path, 'utf8')).toBe('fir')
    expect(await file.write([Buffer.from('second\n')])).toEqual({ writtenCount: 1, error: undefined })
    await file.close()
    expect(await readFile(path, 'utf8')).toBe('second\n')
  })
})

describe('rotation', () => {
  const frame = (byte: string, length: number): Buffer => Buffer.alloc(length, byte)
  const rotation = { max_megabytes: 1, max_days: 0, max_backups: 2, localtime: false }

  test('sets a file aside when the next frame would not fit, never inside a frame', async () => {
    const path = join(folder, 'out.json')
    const now = Date.UTC(2026, 0, 31, 23, 59, 59, 999)
    const file = await RotatingFile.open(path, { append: false, rotation, now: () => now })
    await file.write([frame('a', 1024 * 1024 - 1), frame('b', 1)])
    expect(await readdir(folder)).toEqual(['out.json'])
    await file.write([frame('c', 1)])
    await file.close()
    expect((await readdir(folder)).toSorted()).toEqual(['out-2026-01-31T23-59-59.999.json', 'out.json'])
    expect(await readFile(path, 'utf8')).toBe('c')
  })

  test('files that fill up in the same millisecond do not replace each other', async () => {
    const path = join(folder, 'out.json')
    const file = await RotatingFile.open(path, { append: false, rotation, now: () => 0 })
    await file.write(['a', 'b', 'c'].map((letter) => frame(letter, 1024 * 1024)))
    await file.close()
    const names = (await readdir(folder)).toSorted()
    expect(names).toEqual(['out-1970-01-01T00-00-00.000.json', 'out-1970-01-01T00-00-00.001.json', 'out.json'])
    expect((await readFile(join(folder, names[0]!), 'utf8'))[0]).toBe('a')
  })

  test('a file that cannot be set aside takes no more, and is set aside as soon as it can be', async () => {
    const path = join(folder, 'sub/out.json')
    await mkdir(dirname(path))
    const file = await RotatingFile.open(path, { append: false, rotation, now: () => 0 })
    await file.write([frame('a', 1024 * 1024)])
    await rename(dirname(path), join(folder, 'away'))
    expect(await file.write([frame('b', 1)])).toMatchObject({ writtenCount: 0, error: { code: 'ENOENT' } })
    await rename(join(folder, 'away'), dirname(path))
    expect(await file.write([frame('c', 1)])).toEqual({ writtenCount: 1, error: undefined })
    await file.close()
    expect((await readdir(dirname(path))).toSorted()).toEqual(['out-1970-01-01T00-00-00.000.json', 'out.json'])
    expect(await readFile(path, 'utf8')).toBe('c')
  })

  test('what is in the file before a rotation fails is acknowledged, only the rest goes back', async () => {
    const path = join(folder, 'out.json')
    const { exporter, settings } = create(`{path: ${path}, rotation: {max_megabytes: 1}}`)
    // The file cannot be named after this time, so that it cannot be set aside.
    vi.spyOn(Date, 'now').mockReturnValue(Number.NaN)
    await exporter.start!()
    const large = traces('x'.repeat(700 * 1024))
    // The first is written alone, the other two together, of which the second does not fit.
    const batches = [traces('first'), large, large]
    const results = await Promise.allSettled(batches.map((batch) => exporter.consume(batch, context)))
    vi.restoreAllMocks()
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect((await readFile(path, 'utf8')).split('\n').length - 1).toBe(2)
    expect(settings.count('exporter_sent_spans')).toBe(2)
    await exporter.shutdown!(never)
  })

  test('old files that cannot be removed do not keep new data out', async () => {
    const path = join(folder, 'out.json')
    await mkdir(join(folder, 'out-1969-01-01T00-00-00.000.json'))
    const failures: unknown[] = []
    const file = await RotatingFile.open(path, {
      append: false,
      rotation: { ...rotation, max_backups: 1 },
      onCleanUpFailed: (error) => failures.push(error),
      now: () => 0,
    })
    await file.write([frame('a', 1024 * 1024)])
    expect(await file.write([frame('b', 1)])).toEqual({ writtenCount: 1, error: undefined })
    await file.close()
    expect([failures.length, await readFile(path, 'utf8')]).toEqual([1, 'b'])
  })

  test('localtime names and counts days in local time', async () => {
    const path = join(folder, 'out.json')
    const start = Date.UTC(2026, 0, 1, 12)
    vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-300)
    const file = await RotatingFile.open(path, {
      append: false,
      rotation: { ...rotation, localtime: true, max_days: 1 },
      now: () => now,
    })
    let now = start
    await file.write([frame('a', 1024 * 1024)])
    await file.write([frame('b', 1024 * 1024)])
    expect(await readdir(folder)).toContain('out-2026-01-01T17-00-00.000.json')
    now = start + 86_400_000
    await file.write([frame('c', 1024 * 1024)])
    expect(await readdir(folder)).toContain('out-2026-01-01T17-00-00.000.json')
    now++
    await file.write([frame('d', 1)])
    await file.close()
    vi.restoreAllMocks()
    expect(await readdir(folder)).not.toContain('out-2026-01-01T17-00-00.000.json')
  })

  test('goes on in a file that is there, counting what it holds', async () => {
    const path = join(folder, 'out.json')
    await writeFile(path, frame('a', 1024 * 1024))
    const file = await RotatingFile.open(path, { append: false, rotation, now: () => 0 })
    await file.write([frame('b', 1)])
    await file.close()
    expect((await readdir(folder)).toSorted()).toEqual(['out-1970-01-01T00-00-00.000.json', 'out.json'])
  })

  test('keeps max_backups old files, and none older than max_days; other files are left alone', async () => {
    const path = join(folder, 'out.json')
    await writeFile(join(folder, 'out-notes.json'), 'mine')
    let now = Date.UTC(2026, 0, 1)
    const file = await RotatingFile.open(path, {
      append: false,
      rotation: { ...rotation, max_days: 2 },
      now: () => now,
    })
    for (const letter of ['a', 'b', 'c', 'd']) {
      await file.write([frame(letter, 1024 * 1024)])
      now += 1000
    }
    expect((await readdir(folder)).toSorted()).toEqual([
      'out-2026-01-01T00-00-02.000.json',
      'out-2026-01-01T00-00-03.000.json',
      'out-notes.json',
      'out.json',
    ])
    now += 3 * 86_400_000
    await file.write([frame('e', 1)])
    await file.close()
    expect((await readdir(folder)).toSorted()).toEqual([
      'out-2026-01-04T00-00-04.000.json',
      'out-notes.json',
      'out.json',
    ])
  })
})

test.each([
  ['{}', 'x:1:1: p::path: is missing; expected string'],
  ['{path: ""}', 'x:1:8: p::path: must not be empty'],
  ['{path: a, format: xml}', 'x:1:19: p::format: "xml" is not allowed; allowed: json, proto'],
  ['{path: a, compression: zstd}', 'x:1:24: p::compression: is not supported: files are written plainly'],
  [
    '{path: a, append: true, rotation: {}}',
    'x:1:19: p::append: append and rotation enabled at the same time is not supported',
  ],
  ['{path: a, group_by: {enabled: true}}', 'x:1:21: p::group_by: is not supported: there is one file'],
])('refuses %s', (yaml, message) => {
  expect(readConfig(fileConfig, parseYaml(yaml, 'x').node, ['p']).problems.map(formatProblem)).toEqual([message])
})
