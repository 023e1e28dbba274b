// SPDX-License-Identifier: Apache-2.0
import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { Batch } from '../batch/batch.ts'
import { batchFromBytes } from '../batch/from-bytes.ts'
import { batchFromJson } from '../batch/from-json.ts'
import { otlpError } from '../errors.ts'
import { createOtlpHttpServer, type OtlpHttpServerOptions } from './http-server.ts'
import type { ParseLarge } from './server.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

interface Call {
  readonly encoding: string
  readonly byteCount: number
  readonly abort: AbortSignal
  readonly body: Uint8Array
  settle(batch: Batch | Error): void
}

/** A server whose large bodies are read when the test says so. */
async function start(options: Partial<OtlpHttpServerOptions> = {}) {
  const calls: Call[] = []
  const handled: number[] = []
  const refused: string[] = []
  let called = (): void => undefined
  const parseLarge: ParseLarge = (_, encoding, body, abort) =>
    new Promise((resolve, reject) => {
      const settle = (value: Batch | Error) => (value instanceof Error ? reject(value) : resolve(value))
      calls.push({ encoding, byteCount: body.byteLength, abort, body, settle })
      // As handing over to a thread does.
      structuredClone(body.buffer, { transfer: [body.buffer as ArrayBuffer] })
      called()
    })
  const server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    handler: async (batch) => void handled.push(batch.itemCount),
    parseLarge,
    largeBodyBytes: { json: 100, protobuf: 200 },
    observer: { refused: ({ code }) => refused.push(code) },
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  const url = `http://${server.addresses[0]}/v1/logs`
  const nextCall = (count: number) =>
    new Promise<Call>((resolve) => {
      called = () => {
        if (calls.length === count) resolve(calls[count - 1]!)
      }
      called()
    })
  return { server, url, calls, handled, refused, nextCall }
}

const types = { json: 'application/json', protobuf: 'application/x-protobuf' }
const post = (url: string, encoding: 'json' | 'protobuf', body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': types[encoding], ...headers }, body: new Uint8Array(body) })

const oneRecord = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'
const json = (byteCount: number) => Buffer.from(oneRecord.padEnd(byteCount))
// Resource, scope, record; then field 100, unknown, of one byte each: "a0 06 00".
const protobuf = (byteCount: number) =>
  Buffer.concat([Buffer.from('0a0412021200', 'hex'), Buffer.alloc(byteCount - 6, Buffer.from('a00600', 'hex'))])
const batch = () => batchFromJson('logs', json(54))

describe('bodies beyond the limit are read elsewhere', () => {
  test.each([
    ['json', json(100), 0],
    ['json', json(101), 1],
    ['protobuf', protobuf(198), 0],
    ['protobuf', protobuf(201), 1],
  ] as const)('%s, the largest here and the smallest there', async (encoding, body, callCount) => {
    const { url, calls, nextCall, handled } = await start()
    const answer = post(url, encoding, body)
    if (callCount > 0) (await nextCall(1)).settle(batch())
    expect((await answer).status).toBe(200)
    expect(calls.map((call) => [call.encoding, call.byteCount])).toEqual(
      callCount === 0 ? [] : [[encoding, body.length]],
    )
    expect(handled).toEqual([1])
  })

  test('it is the inflated size that counts', async () => {
    const { url, nextCall } = await start()
    const answer = post(url, 'json', gzipSync(json(5000)), { 'content-encoding': 'gzip' })
    const call = await nextCall(1)
    expect(call.byteCount).toBe(5000)
    call.settle(batch())
    expect((await answer).status).toBe(200)
  })

  test('defaults: 128 KiB of JSON, 512 KiB of protobuf', async () => {
    const { url, nextCall, calls } = await start({ largeBodyBytes: {} })
    expect((await post(url, 'json', json(128 * 1024))).status).toBe(200)
    expect((await post(url, 'protobuf', protobuf(512 * 1024 - 2))).status).toBe(200)
    expect(calls).toEqual([])
    const large = post(url, 'json', json(128 * 1024 + 1))
    ;(await nextCall(1)).settle(batch())
    const larger = post(url, 'protobuf', protobuf(512 * 1024 + 1))
    ;(await nextCall(2)).settle(batch())
    expect([(await large).status, (await larger).status]).toEqual([200, 200])
  })

  test('small requests are served meanwhile, and the answer waits for the handler', async () => {
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const order: string[] = []
    const { url, nextCall } = await start({
      handler: async (received) => {
        order.push(`handler of ${received.signal}`)
        if (order.length === 2) await gate
      },
    })
    const large = post(url, 'json', json(500)).then(({ status }) => order.push(`large ${status}`))
    const call = await nextCall(1)
    expect((await post(url, 'json', json(60))).status).toBe(200)
    call.settle(batch())
    expect((await post(url, 'json', json(60))).status).toBe(200)
    expect(order).toEqual(['handler of logs', 'handler of logs', 'handler of logs'])
    open()
    await large
    expect(order.at(-1)).toBe('large 200')
  })

  test.each([
    [otlpError('OTLP_TOO_MANY', 'too many parts'), 413, 'too many parts'],
    [otlpError('OTLP_TRUNCATED', 'at offset 7'), 400, 'at offset 7'],
    [otlpError('OTLP_SHUTDOWN', 'later'), 503, 'later'],
    [new TypeError('secret'), 500, 'failed to read the request'],
  ])('rejecting with %s answers %d', async (error, status, message) => {
    const { url, nextCall, handled } = await start()
    const answer = post(url, 'json', json(101))
    ;(await nextCall(1)).settle(error)
    expect((await answer).status).toBe(status)
    const text = await (await answer).text()
    expect(text).toContain(message)
    expect(text).not.toContain('secret')
    expect(handled).toEqual([])
  })

  test('a sender that leaves meanwhile: the reader is told, and nothing of it reaches the handler', async () => {
    for (const result of [batch(), otlpError('OTLP_ABORTED', 'gone')]) {
      const { url, nextCall, handled, refused, server } = await start()
      const outgoing = request(url, { method: 'POST', headers: { 'content-type': types.json } })
      outgoing.on('error', () => undefined)
      outgoing.end(json(300))
      const call = await nextCall(1)
      outgoing.destroy()
      await new Promise<void>((resolve) => call.abort.addEventListener('abort', () => resolve(), { once: true }))
      call.settle(result)
      await server.shutdown(0)
      expect([handled, refused]).toEqual([[], ['OTLP_ABORTED']])
    }
  })

  test('its bytes count until the answer, although the buffer is gone; then they are free', async () => {
    const { url, nextCall } = await start({ maxInFlightBytes: 1024 + 300 })
    const first = post(url, 'json', json(300))
    const call = await nextCall(1)
    expect((await post(url, 'json', json(60))).status).toBe(429)
    call.settle(batch())
    expect((await first).status).toBe(200)
    expect((await post(url, 'json', json(60))).status).toBe(200)
  })

  test('shutdown waits for what is being read', async () => {
    const { server, url, nextCall, handled } = await start()
    const answer = post(url, 'json', json(101))
    const call = await nextCall(1)
    const stopped = server.shutdown(60_000)
    call.settle(batch())
    expect((await answer).status).toBe(200)
    await stopped
    expect(handled).toEqual([1])
  })
})

test('without a reader for them large bodies are read where they arrive', async () => {
  const { url, handled } = await start({ parseLarge: undefined })
  expect((await post(url, 'json', json(5000))).status).toBe(200)
  expect(handled).toEqual([1])
  expect(batchFromBytes('logs', new Uint8Array(protobuf(201))).itemCount).toBe(1)
})
