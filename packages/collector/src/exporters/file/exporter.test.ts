// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { type Batch, batchFromRecords, type ConsumeContext } from '@otel-ts/otlp'
import { logRecord, logsOfService, spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
