// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { OtlpOutcome, OtlpRequest } from '@otel-ts/otlp'
import { otlpError, parseJson } from '@otel-ts/otlp'
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { OtlpFileLogExporter } from '../otlp-file/index.ts'
import { OTLPLogExporter as JsonExporter } from '../otlp-http/index.ts'
import { OTLPLogExporter } from '../otlp-proto/index.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import type { ExportResult } from '../trace/span-processor.ts'
import { createOtlpLogExporter } from './otlp-log-exporter.ts'
import type { ReadableLogRecord } from './readable-log-record.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const resource = resourceFromAttributes({})
const instrumentationScope = { name: 'b' }

function records(count: number): ReadableLogRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    hrTime: [1, 0],
    hrTimeObserved: [1, 0],
    body: `line ${i}`,
    resource,
    instrumentationScope,
    attributes: {},
    droppedAttributesCount: 0,
  }))
}

function setUp(answer: OtlpOutcome, encoding: 'protobuf' | 'json' = 'protobuf') {
  const requests: OtlpRequest[] = []
  const client = {
    send(request: OtlpRequest) {
      requests.push(request)
      return Promise.resolve(answer)
    },
    shutdown: () => Promise.resolve(),
  }
  const exporter = createOtlpLogExporter({ client, encoding, destination: 'http://x', concurrencyLimit: 1 })
  const send = (batch: ReadableLogRecord[]) => new Promise<ExportResult>((resolve) => exporter.export(batch, resolve))
  return { requests, exporter, send }
}

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

test('sends one request for a batch and reports success', async () => {
  const { requests, send } = setUp(accepted, 'json')
  expect(await send(records(700))).toEqual({ code: 0 })
  expect(requests.map(({ signal, itemCount }) => [signal, itemCount])).toEqual([['logs', 700]])
  const [group] = parseJson('logs', Buffer.concat(requests[0]!.chunks).toString())
  expect(group?.scopeLogs[0]?.logRecords).toHaveLength(700)
})

test('an empty batch is not sent', async () => {
  const { requests, send } = setUp(accepted)
  expect(await send([])).toEqual({ code: 0 })
  expect(requests).toEqual([])
})

test('a failed request is a failed export with the reason of the client', async () => {
  const error = otlpError('OTLP_REFUSED', 'refused')
  const details = { retryable: false, retryAfterMillis: undefined, httpStatus: 400, grpcStatus: 3 }
  const { send } = setUp({ result: 'failed', error, ...details })
  expect(await send(records(1))).toEqual({ code: 1, error })
})

test('a partial success names log records', async () => {
  const partial = vi.spyOn(sdkEvents, 'partialSuccess').mockImplementation(() => {})
  const { send } = setUp({ result: 'accepted', partialSuccess: { rejectedCount: 0n, message: 'slow down' } })
  expect(await send(records(1))).toEqual({ code: 0 })
  expect(partial).toHaveBeenCalledWith('http://x', 0n, 'slow down', 'log records')
})

test('after shutdown exports fail', async () => {
  const { exporter, send } = setUp(accepted)
  await exporter.shutdown()
  expect((await send(records(2))).error?.message).toBe(
    'http://x: the exporter is shut down; 2 log records are not sent',
  )
})

test.each([
  ['protobuf', OTLPLogExporter, 'application/x-protobuf'],
  ['json', JsonExporter, 'application/json'],
] as const)('sends %s over HTTP to a real server, where the environment says', async (_name, Exporter, contentType) => {
  const server = await captureOtlp()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', server.url)
  vi.stubEnv('OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'x-key=1')
  const exporter = new Exporter()
  const result = await new Promise<ExportResult>((resolve) => exporter.export(records(3), resolve))
  expect(result).toEqual({ code: 0 })
  expect(server.requests).toMatchObject([
    { method: 'POST', path: '/v1/logs', headers: { 'content-type': contentType, 'x-key': '1' } },
  ])
  await exporter.shutdown()
  await server.close()
})

test('appends log records to a file, a line for each export', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'otel-ts-logs-')), 'logs.jsonl')
  const exporter = new OtlpFileLogExporter({ path })
  const send = (batch: ReadableLogRecord[]) => new Promise<ExportResult>((resolve) => exporter.export(batch, resolve))
  expect([await send(records(2)), await send(records(1))]).toEqual([{ code: 0 }, { code: 0 }])
  await exporter.shutdown()
  const lines = (await readFile(path, 'utf8')).split('\n')
  const counts = lines.slice(0, 2).map((line) => parseJson('logs', line)[0]?.scopeLogs[0]?.logRecords.length)
  expect([counts, lines[2]]).toEqual([[2, 1], ''])
  await rm(dirname(path), { recursive: true })
})
