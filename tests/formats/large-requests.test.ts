// SPDX-License-Identifier: Apache-2.0
// Large requests against the built command: they are read in a process of their own, which exists only in what is built,
// so that small ones are served meanwhile.
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { batchFromJson } from '@otel-ts/otlp'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const cli = fileURLToPath(new URL('../../packages/cli/bin/otel-ts.js', import.meta.url))
let server: RunningCommand
let port: string
let viewer: string

beforeAll(async () => {
  server = startCommand(process.execPath, [
    cli,
    '--endpoint',
    '127.0.0.1:0',
    '--grpc',
    '127.0.0.1:0',
    '--viewer',
    '127.0.0.1:0',
  ])
  port = (await server.waitFor(/OTLP\S*\s+http:\/\/127\.0\.0\.1:(\d+)/))[1]!
  viewer = (await server.waitFor(/page\s+http:\/\/127\.0\.0\.1:(\d+)/))[1]!
})
afterAll(async () => {
  await server.stop('SIGKILL')
})

const traceNumber = (number: number) => number.toString().padStart(32, '0')
const json = 'application/json'
const protobuf = 'application/x-protobuf'

function post(body: Uint8Array | string, contentType: string, encoding?: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }
    const options = { host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', headers, agent: false }
    const outgoing = request(options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve([answer.statusCode!, text]))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Ids of the processes that the server has started; undefined where there is no /proc. */
function childrenOfServer(): number[] | undefined {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === server.pid)
      .map(Number)
  } catch {
    return undefined
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

function spans(count: number, traceId: string): string {
  const one = (i: number) =>
    `{"traceId":"${traceId}","spanId":"${(i + 1).toString(16).padStart(16, '0')}","name":"s${i}","startTimeUnixNano":"${i + 1}","attributes":[{"key":"n","value":{"intValue":"${i}"}}]}`
  const list = Array.from({ length: count }, (_, i) => one(i)).join(',')
  return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"large"}}]},"scopeSpans":[{"spans":[${list}]}]}]}`
}

async function storedSpans(traceId: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${viewer}/jaeger/api/traces/${traceId}`)
  const { data } = (await answer.json()) as { data: { spans: unknown[] }[] }
  return data[0]?.spans.length ?? 0
}

test('large requests arrive whole: JSON, gzip and protobuf; one process starts with the first', async () => {
  expect(childrenOfServer() ?? []).toEqual([])
  const text = spans(5000, traceNumber(1))
  expect(text.length).toBeGreaterThan(3 * 128 * 1024)
  expect(await post(text, json)).toEqual([200, '{}'])
  const reading = childrenOfServer()
  if (reading !== undefined) expect(reading).toHaveLength(1)
  expect((await post(gzipSync(spans(5000, traceNumber(2))), json, 'gzip'))[0]).toBe(200)
  const bytes = batchFromJson('traces', Buffer.from(spans(15_000, traceNumber(3)))).chunks()[0]!
  expect(bytes.length).toBeGreaterThan(512 * 1024)
  expect(await post(bytes, protobuf)).toEqual([200, ''])
  expect(childrenOfServer()).toEqual(reading)
  expect(await Promise.all([1, 2, 3].map((n) => storedSpans(traceNumber(n))))).toEqual([5000, 5000, 15_000])
})

test('errors of large requests name code, offset and limit as those of small ones do', async () => {
  const [status, text] = await post(`{"resourceSpans":[${'{},'.repeat(1_000_000)}{}]}`, json)
  expect([status, text]).toEqual([413, expect.stringMatching(/objects and arrays in \d+ bytes; allowed are \d+/)])
  const broken = Buffer.concat([Buffer.alloc(600 * 1024, Buffer.from('7a00', 'hex')), Buffer.from('0a05', 'hex')])
  expect(await post(broken, protobuf)).toEqual([400, expect.stringContaining('claims 5 bytes at offset 614402')])
  expect((await post(`{"resourceSpans":[${'1'.repeat(200_000)}`, json))[0]).toBe(400)
})

test('a request made to take memory ends its reader, not the receiver; the next is served', async () => {
  // Empty spans, just as many as are allowed: 12 bytes each here, some 400 as objects and records.
  const empty = `{"resourceSpans":[{"scopeSpans":[{"spans":[${'{         },'.repeat(1_740_000)}{}]}]}]}`
  const [refused, ...served] = await Promise.all([
    post(empty, json),
    post(spans(1000, traceNumber(4)), json),
    post('{"resourceSpans":[]}', json),
  ])
  expect(refused).toEqual([413, expect.stringContaining('takes more memory to read than the 480 MiB allowed')])
  expect(served.map(([status]) => status)).toEqual([200, 200])
  expect(await storedSpans(traceNumber(4))).toBe(1000)
})

test('stops within its deadline while a large request is being read', async () => {
  const answer = post(spans(60_000, traceNumber(5)), json).catch((error: NodeJS.ErrnoException) => [0, error.code])
  await post('{"resourceSpans":[]}', json)
  const exit = await server.stop('SIGTERM', 20_000)
  expect(exit.code).toBe(0)
  expect([200, 503, 0]).toContain((await answer)[0])
  expect(childrenOfServer() ?? []).toEqual([])
})
