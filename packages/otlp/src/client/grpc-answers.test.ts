// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { OtlpClient, OtlpGrpcClientOptions, OtlpOutcome } from '@otel-ts/otlp/client'
import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
import {
  captureGrpc,
  fuzzRounds,
  type GrpcCapture,
  type GrpcCaptureAnswer,
  type GrpcCaptureOptions,
  http2Frame,
  http2FrameType,
  plainHeaderBlock,
} from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeStatusDetailsBin } from '../transport/grpc-metadata.ts'

// What endpoints may answer, rightly and wrongly, and what becomes of it.

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function capture(options: GrpcCaptureOptions = {}): Promise<GrpcCapture> {
  const wire = await captureGrpc(options)
  cleanups.push(() => wire.close())
  return wire
}

function client(options: OtlpGrpcClientOptions): OtlpClient {
  const made = createOtlpGrpcClient({ insecure: true, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

async function answerTo(
  script: GrpcCaptureAnswer,
  options: Partial<OtlpGrpcClientOptions> = {},
): Promise<{ outcome: OtlpOutcome; endpoint: string; wire: GrpcCapture }> {
  const wire = await capture({ script })
  const outcome = await client({ endpoint: wire.endpoint, ...options }).send({
    signal: 'traces',
    chunks: [Buffer.from('x')],
    itemCount: 1,
  })
  return { outcome, endpoint: wire.endpoint, wire }
}

const bytes = (text: string): Uint8Array => Buffer.from(text.replace(/ /g, ''), 'hex')
const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }
const partial: OtlpOutcome = { result: 'accepted', partialSuccess: { rejectedCount: 5n, message: 'world' } }
const partialMessage = bytes('0a0908051205776f726c64')

function message(body: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(body.byteLength, 1)
  return Buffer.concat([prefix, body])
}

/** A server that writes these frames in one piece as soon as it has the headers of the first call (stream 1). */
async function rawAnswer(frames: readonly Uint8Array[]): Promise<string> {
  const preface = 24
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write(http2Frame(http2FrameType.settings, 0, 0))
    let received = Buffer.alloc(0)
    let at = preface
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (at + 9 <= received.length) {
        if (received[at + 3] === http2FrameType.headers) socket.write(Buffer.concat(frames))
        at += 9 + received.readUIntBE(at, 3)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an answer before the end of the call, and the reset that declines the rest, in one read', () => {
  const endStream = 1
  const endHeaders = 4
  const head = [
    [':status', '200'],
    ['content-type', 'application/grpc'],
  ] as const
  const reset = (code: number): Uint8Array => http2Frame(http2FrameType.rstStream, 0, 1, Uint8Array.of(0, 0, 0, code))
  const refusal = http2Frame(
    http2FrameType.headers,
    endHeaders | endStream,
    1,
    plainHeaderBlock([...head, ['grpc-status', '14'], ['grpc-message', 'busy']]),
  )
  const withMessage = [
    http2Frame(http2FrameType.headers, endHeaders, 1, plainHeaderBlock(head)),
    http2Frame(http2FrameType.data, 0, 1, new Uint8Array(5)),
    http2Frame(http2FrameType.headers, endHeaders | endStream, 1, plainHeaderBlock([['grpc-status', '0']])),
  ]

  // Of 1 MB most still waits for a window when the answer comes, of 10 bytes nothing.
  const cases = [10, 1_000_000].flatMap((byteCount) => [[byteCount, 0] as const, [byteCount, 8] as const])

  test.each(cases)('of %i bytes, with code %i: a status without a message', async (byteCount, code) => {
    const endpoint = await rawAnswer([refusal, reset(code)])
    const chunks = [Buffer.alloc(byteCount)]
    const outcome = await client({ endpoint }).send({ signal: 'traces', chunks, itemCount: 1 })
    expect(outcome).toMatchObject({ result: 'failed', retryable: true, grpcStatus: 14, httpStatus: 200 })
    expect(outcome.result === 'failed' && outcome.error.message).toContain('answered UNAVAILABLE (14), saying "busy"')
  })

  test.each(cases)('of %i bytes, with code %i: a message and OK', async (byteCount, code) => {
    const endpoint = await rawAnswer([...withMessage, reset(code)])
    const chunks = [Buffer.alloc(byteCount)]
    expect(await client({ endpoint }).send({ signal: 'traces', chunks, itemCount: 1 })).toEqual(accepted)
  })
})

describe('success', () => {
  test.each<[string, GrpcCaptureAnswer, OtlpOutcome]>([
    ['an empty message', { data: [bytes('00 00000000')] }, accepted],
    ['a partial success', { data: [message(partialMessage)] }, partial],
    [
      'a partial success a byte a frame',
      { data: [...message(partialMessage)].map((byte) => Uint8Array.of(byte)) },
      partial,
    ],
    [
      'a compressed one',
      { headers: { 'grpc-encoding': 'gzip' }, data: [message(gzipSync(partialMessage), 1)] },
      partial,
    ],
    [
      'an uncompressed one although the encoding is gzip',
      { headers: { 'grpc-encoding': 'gzip' }, data: [message(partialMessage)] },
      partial,
    ],
    [
      'a warning that rejects nothing',
      { data: [message(bytes('0a061204736c6f77'))] },
      { result: 'accepted', partialSuccess: { rejectedCount: 0n, message: 'slow' } },
    ],
    ['a message that is no protobuf', { data: [message(bytes('ffffff'))] }, accepted],
    ['a content type with a subtype', { headers: { 'content-type': 'application/grpc+proto' } }, accepted],
    ['OK with a message of its own', { trailers: { 'grpc-status': '0', 'grpc-message': 'fine' } }, accepted],
  ])('takes %s', async (_name, script, expected) => {
    expect((await answerTo(script)).outcome).toEqual(expected)
  })
})

describe('statuses', () => {
  test.each([
    [1, true, 'OTLP_UNAVAILABLE', 'answered CANCELLED (1); the endpoint, or a proxy before it, gave the call up'],
    [2, false, 'OTLP_REFUSED', 'answered UNKNOWN (2); expected was OK (0)'],
    [
      3,
      false,
      'OTLP_REFUSED',
      'answered INVALID_ARGUMENT (3); the endpoint could not read the data: expected is an OTLP request',
    ],
    [
      4,
      true,
      'OTLP_UNAVAILABLE',
      'answered DEADLINE_EXCEEDED (4); the endpoint did not get done in time: raise the time-out or look at its load',
    ],
    [5, false, 'OTLP_REFUSED', 'answered NOT_FOUND (5); expected was OK (0)'],
    [6, false, 'OTLP_REFUSED', 'answered ALREADY_EXISTS (6); expected was OK (0)'],
    [
      7,
      false,
      'OTLP_REFUSED',
      'answered PERMISSION_DENIED (7); expected are valid credentials: check the headers of the exporter',
    ],
    [
      8,
      false,
      'OTLP_OVERLOADED',
      'answered RESOURCE_EXHAUSTED (8); the endpoint asks to send less; it says with RetryInfo when the same data may come again',
    ],
    [9, false, 'OTLP_REFUSED', 'answered FAILED_PRECONDITION (9); expected was OK (0)'],
    [10, true, 'OTLP_UNAVAILABLE', 'answered ABORTED (10); expected was OK (0)'],
    [11, true, 'OTLP_UNAVAILABLE', 'answered OUT_OF_RANGE (11); expected was OK (0)'],
    [
      12,
      false,
      'OTLP_REFUSED',
      'answered UNIMPLEMENTED (12); expected is an endpoint that takes this signal and this compression over gRPC: check both',
    ],
    [13, false, 'OTLP_REFUSED', 'answered INTERNAL (13); the endpoint failed on this request'],
    [
      14,
      true,
      'OTLP_UNAVAILABLE',
      'answered UNAVAILABLE (14); the endpoint, or what stands behind it, is not available now',
    ],
    [15, true, 'OTLP_UNAVAILABLE', 'answered DATA_LOSS (15); expected was OK (0)'],
    [
      16,
      false,
      'OTLP_REFUSED',
      'answered UNAUTHENTICATED (16); expected are valid credentials: check the headers of the exporter',
    ],
  ])('%i: may be repeated: %s', async (code, retryable, errorCode, text) => {
    const { outcome, endpoint } = await answerTo({ only: { 'grpc-status': String(code) } })
    expect(outcome).toMatchObject({ retryable, httpStatus: 200, grpcStatus: code, error: { code: errorCode } })
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: ${text}; ${retryable ? '1 span not delivered by this try, which may be repeated' : '1 span not delivered, and not sent again'}`,
    )
  })

  test.each<[string, GrpcCaptureAnswer]>([
    ['in the first headers alone', { only: { 'grpc-status': '7', 'grpc-message': 'no %E2%9C%93 100%25 %zz' } }],
    [
      'after headers, without a message',
      { data: [], trailers: { 'grpc-status': '7', 'grpc-message': 'no %E2%9C%93 100%25 %zz' } },
    ],
    ['after headers and a message', { trailers: { 'grpc-status': '7', 'grpc-message': 'no %E2%9C%93 100%25 %zz' } }],
    [
      'after half a message',
      { data: [bytes('00 00000009 61')], trailers: { 'grpc-status': '7', 'grpc-message': 'no %E2%9C%93 100%25 %zz' } },
    ],
    [
      'with an HTTP status of its own',
      { httpStatus: 403, data: [], trailers: { 'grpc-status': '7', 'grpc-message': 'no %E2%9C%93 100%25 %zz' } },
    ],
  ])('are read %s, with their percent-coded message', async (_name, script) => {
    const { outcome, endpoint } = await answerTo(script)
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: answered PERMISSION_DENIED (7), saying "no ✓ 100% %zz"; expected are valid credentials: check the headers of the exporter; 1 span not delivered, and not sent again`,
    )
  })

  const retryInfo = (code: number, retryDelayMillis: number): string =>
    encodeStatusDetailsBin({ code, message: 'told in details', details: [{ type: 'retryInfo', retryDelayMillis }] })

  test.each<[string, Record<string, string>, boolean, number | undefined]>([
    [
      'RESOURCE_EXHAUSTED with RetryInfo',
      { 'grpc-status': '8', 'grpc-status-details-bin': retryInfo(8, 1500) },
      true,
      1500,
    ],
    ['with RetryInfo of no wait', { 'grpc-status': '8', 'grpc-status-details-bin': retryInfo(8, 0) }, true, 0],
    [
      'with RetryInfo of a wait in the past',
      { 'grpc-status': '8', 'grpc-status-details-bin': retryInfo(8, -5) },
      true,
      0,
    ],
    [
      'RESOURCE_EXHAUSTED with other details',
      { 'grpc-status': '8', 'grpc-status-details-bin': encodeStatusDetailsBin({ code: 8, message: 'm' }) },
      false,
      undefined,
    ],
    [
      'RESOURCE_EXHAUSTED with details that are none',
      { 'grpc-status': '8', 'grpc-status-details-bin': '!!' },
      false,
      undefined,
    ],
    ['UNAVAILABLE with RetryInfo', { 'grpc-status': '14', 'grpc-status-details-bin': retryInfo(14, 2000) }, true, 2000],
    [
      'INVALID_ARGUMENT with RetryInfo',
      { 'grpc-status': '3', 'grpc-status-details-bin': retryInfo(3, 2000) },
      false,
      undefined,
    ],
  ])('say when to repeat: %s', async (_name, only, retryable, retryAfterMillis) => {
    expect((await answerTo({ only })).outcome).toMatchObject({ retryable, retryAfterMillis })
  })

  test('say what the details say when they have no message', async () => {
    const { outcome } = await answerTo({ only: { 'grpc-status': '14', 'grpc-status-details-bin': retryInfo(14, 1) } })
    expect(outcome.result === 'failed' && outcome.error.message).toContain('saying "told in details"')
  })

  test('advise smaller batches when a message was too large for the endpoint', async () => {
    const { outcome, endpoint } = await answerTo({
      only: { 'grpc-status': '8', 'grpc-message': 'grpc: received message larger than max (5 vs. 4)' },
    })
    expect(outcome).toMatchObject({ retryable: false, error: { code: 'OTLP_TOO_LARGE' } })
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: answered RESOURCE_EXHAUSTED (8), saying "grpc: received message larger than max (5 vs. 4)"; the endpoint allows only smaller requests: lower the batch size or raise its limit; 1 span not delivered, and not sent again`,
    )
  })
})

describe('answers that are not gRPC', () => {
  const http = (httpStatus: number, contentType: string | undefined): GrpcCaptureAnswer => ({
    httpStatus,
    headers: { 'content-type': contentType },
    data: [Buffer.from('<html>')],
    trailers: undefined,
  })
  const wrongPort =
    'is this the port of OTLP over HTTP (usual 4318), or a proxy that does not know gRPC? OTLP over gRPC is usually on 4317'
  test.each<[number, string | undefined, number, boolean, string]>([
    [200, 'text/html', 2, false, wrongPort],
    [200, undefined, 2, false, wrongPort],
    [400, 'text/html', 13, false, wrongPort],
    [401, 'text/html', 16, false, 'expected are valid credentials: check the headers of the exporter'],
    [403, 'text/html', 7, false, 'expected are valid credentials: check the headers of the exporter'],
    [404, 'text/html', 12, false, wrongPort],
    [415, 'text/html', 2, false, wrongPort],
    [429, 'text/html', 14, true, 'the endpoint asks to send less or later'],
    [500, 'text/html', 2, false, wrongPort],
    [502, 'text/html', 14, true, 'a proxy answers, and what stands behind it is not available now'],
    [503, 'application/grpc', 14, true, 'a proxy answers, and what stands behind it is not available now'],
    [504, 'text/html', 14, true, 'a proxy answers, and what stands behind it is not available now'],
  ])('HTTP %i with %s has the gRPC status %i', async (httpStatus, contentType, grpcStatus, retryable, advice) => {
    const { outcome, endpoint } = await answerTo(http(httpStatus, contentType))
    expect(outcome).toMatchObject({ httpStatus, grpcStatus, retryable })
    const type = contentType === undefined ? 'without a content type' : `with content type ${contentType}`
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: answered HTTP ${httpStatus} ${type} instead of gRPC; ${advice}; ${retryable ? '1 span not delivered by this try, which may be repeated' : '1 span not delivered, and not sent again'}`,
    )
  })

  test('OK in a page is no success', async () => {
    const { outcome } = await answerTo({ headers: { 'content-type': 'text/html' } })
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 2, retryable: false })
  })
})

describe('answers that break the protocol', () => {
  test.each<[string, GrpcCaptureAnswer, number, string]>([
    [
      'a flag of 2',
      { data: [bytes('02 00000000')] },
      13,
      "the answer's message has the compression flag 2, neither 0 nor 1",
    ],
    ['half a prefix', { data: [bytes('00 0000')] }, 13, 'the answer ended after 3 of the 5 bytes of its prefix'],
    [
      'half a message',
      { data: [bytes('00 00000004 6162')] },
      13,
      'the answer ended after 2 of the 4 bytes of its message',
    ],
    ['no message', { data: [] }, 13, 'answered OK without a message'],
    ['OK in the first headers alone', { only: { 'grpc-status': '0' } }, 13, 'answered OK without a message'],
    [
      'two messages',
      { data: [bytes('00 00000000'), bytes('00 00000000')] },
      13,
      'the answer has bytes after its message',
    ],
    ['a byte after the message', { data: [bytes('00 00000000 07')] }, 13, 'the answer has bytes after its message'],
    ['no trailers', { trailers: undefined }, 13, 'the answer ended without a grpc-status'],
    ['trailers without a status', { trailers: { 'grpc-message': 'x' } }, 13, 'the answer ended without a grpc-status'],
    ['a status of 17', { only: { 'grpc-status': '17' } }, 2, 'answered with grpc-status "17", which is none'],
    ['a status of -1', { only: { 'grpc-status': '-1' } }, 2, 'answered with grpc-status "-1", which is none'],
    ['a status of words', { only: { 'grpc-status': 'OK' } }, 2, 'answered with grpc-status "OK", which is none'],
    [
      'a compressed message without an encoding',
      { data: [message(gzipSync(partialMessage), 1)] },
      13,
      "the answer's message is compressed, and its grpc-encoding absent",
    ],
    [
      'a compressed message of an unknown encoding',
      { headers: { 'grpc-encoding': 'br' }, data: [message(partialMessage, 1)] },
      13,
      'the answer\'s message is compressed, and its grpc-encoding "br" not one that was offered',
    ],
    [
      'a compressed message that is not',
      { headers: { 'grpc-encoding': 'gzip' }, data: [message(partialMessage, 1)] },
      13,
      "the answer's message cannot be read: gzip body of 11 bytes: incorrect header check; expected one whole gzip stream as Content-Encoding says; nothing of it is used",
    ],
  ])('%s', async (_name, script, grpcStatus, what) => {
    const { outcome, endpoint } = await answerTo(script)
    expect(outcome).toMatchObject({ retryable: false, grpcStatus })
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: ${what}; expected is one message and a grpc-status; 1 span count as not delivered and are not sent again`,
    )
  })

  const resets = [
    [0, 13, false, 'NO_ERROR'],
    [1, 13, false, 'PROTOCOL_ERROR'],
    [2, 13, false, 'INTERNAL_ERROR'],
    [3, 13, false, 'FLOW_CONTROL_ERROR'],
    [4, 13, false, 'SETTINGS_TIMEOUT'],
    [5, 2, false, 'STREAM_CLOSED'],
    [6, 13, false, 'FRAME_SIZE_ERROR'],
    [7, 14, true, 'REFUSED_STREAM'],
    [8, 1, true, 'CANCEL'],
    [9, 13, false, 'COMPRESSION_ERROR'],
    [10, 13, false, 'CONNECT_ERROR'],
    [11, 8, false, 'ENHANCE_YOUR_CALM'],
    [12, 7, false, 'INADEQUATE_SECURITY'],
    [13, 2, false, 'HTTP_1_1_REQUIRED'],
    [99, 2, false, '0x63'],
  ] as const
  test.each(resets)('RST_STREAM with code %i is the status %i', async (reset, grpcStatus, retryable, name) => {
    const { outcome, endpoint } = await answerTo({ reset })
    expect(outcome).toMatchObject({ result: 'failed', retryable, grpcStatus, httpStatus: undefined })
    expect(outcome.result === 'failed' && outcome.error.message).toContain(
      `${endpoint}: the endpoint ended the call with ${name} of HTTP/2; expected is one message and a grpc-status; `,
    )
  })

  test('a stream reset in the middle of its message is the reset, not the message', async () => {
    const wire = await capture({
      script: ({ stream }) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.write(bytes('00 00000004 61'), () => stream.close(8))
        return 'own'
      },
    })
    const outcome = await client({ endpoint: wire.endpoint }).send({ signal: 'logs', chunks: [], itemCount: 2 })
    expect(outcome).toMatchObject({ retryable: true, grpcStatus: 1, httpStatus: 200 })
  })
})

describe('limits of the answer', () => {
  const page = Buffer.alloc(1000)
  test.each<[string, number, GrpcCaptureAnswer, string | undefined]>([
    ['1000 bytes, limit 1000', 1000, { data: [message(page)] }, undefined],
    ['1000 bytes, limit 999', 999, { data: [message(page)] }, 'of 1000 bytes; the limit is 999 bytes'],
    [
      '1000 bytes inflated, limit 1000',
      1000,
      { headers: { 'grpc-encoding': 'gzip' }, data: [message(gzipSync(page), 1)] },
      undefined,
    ],
    [
      '1000 bytes inflated, limit 999',
      999,
      { headers: { 'grpc-encoding': 'gzip' }, data: [message(gzipSync(page), 1)] },
      'after decompression; the limit is 999 bytes',
    ],
    [
      'an error with a message of 1000 bytes, limit 999',
      999,
      { data: [message(page)], trailers: { 'grpc-status': '14' } },
      'of 1000 bytes; the limit is 999 bytes',
    ],
  ])('%s', async (_name, maxResponseBytes, script, what) => {
    const { outcome, endpoint } = await answerTo(script, { maxResponseBytes })
    if (what === undefined) {
      expect(outcome).toEqual(accepted)
      return
    }
    expect(outcome).toMatchObject({ retryable: false, grpcStatus: 8, error: { code: 'OTLP_RESPONSE_TOO_LARGE' } })
    expect(outcome.result === 'failed' && outcome.error.message).toBe(
      `${endpoint}: answered with a message ${what}, and expected is a short OTLP response; call cancelled, 1 span count as not delivered and are not sent again`,
    )
  })

  test('does not wait for the end of a message that is announced too large', async () => {
    const { outcome, wire } = await answerTo({ data: [bytes('00 ffffffff')], trailers: { 'grpc-status': '0' } })
    expect(outcome).toMatchObject({ error: { code: 'OTLP_RESPONSE_TOO_LARGE' } })
    const endless = await capture({
      script: ({ stream }) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.write(bytes('00 00400001'))
        return 'own'
      },
    })
    const second = await client({ endpoint: endless.endpoint }).send({ signal: 'logs', chunks: [], itemCount: 2 })
    expect(second).toMatchObject({ error: { code: 'OTLP_RESPONSE_TOO_LARGE' } })
    expect(wire.connectionCount).toBe(1)
  })
})

test('settles when the answer comes before the request was read, and the connection stays usable', async () => {
  const wire = await capture({ early: true, script: { only: { 'grpc-status': '16' } } })
  const otlp = client({ endpoint: wire.endpoint })
  const body = Buffer.alloc(8 * 1024 * 1024)
  for (let round = 0; round < 2; round++) {
    const outcome = await otlp.send({ signal: 'traces', chunks: [body], itemCount: 1 })
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 16, retryable: false })
  }
  wire.answer({})
  expect(await otlp.send({ signal: 'traces', chunks: [Buffer.from('x')], itemCount: 1 })).toEqual(accepted)
  expect(wire.connectionCount).toBe(1)
})

test('settles exactly once and never throws, whatever is answered', async () => {
  let state = 11
  const random = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const texts = ['0', '8', '14', '', '99', 'x', '%', '%zz', 'AA==', 'CAgSAm5v', '%FF%FE', '-1', '00', '1e1']
  const text = (): string => texts[random(texts.length)]!
  const randomBytes = (): Uint8Array =>
    Uint8Array.from({ length: random(12) }, () => (random(3) === 0 ? random(256) : 0))
  const wire = await capture({
    script: (): GrpcCaptureAnswer => {
      const trailers: Record<string, string> = {}
      for (const name of ['grpc-status', 'grpc-message', 'grpc-status-details-bin']) {
        if (random(4) > 0) trailers[name] = text()
      }
      switch (random(6)) {
        case 0:
          return { only: trailers }
        case 1:
          return { reset: random(16) }
        default:
          return {
            ...(random(5) === 0 ? { httpStatus: [200, 204, 302, 404, 503][random(5)]! } : {}),
            headers: {
              ...(random(4) === 0 ? { 'grpc-encoding': ['gzip', 'br', 'identity', 'zstd'][random(4)]! } : {}),
              ...(random(8) === 0 ? { 'content-type': undefined } : {}),
            },
            data: random(2) === 0 ? [message(randomBytes())] : Array.from({ length: random(4) }, randomBytes),
            trailers: random(5) === 0 ? undefined : trailers,
          }
      }
    },
  })
  const otlp = client({ endpoint: wire.endpoint })
  const results = new Map<string, number>()
  for (let round = 0; round < fuzzRounds(1500); round++) {
    const outcome = await otlp.send({ signal: 'metrics', chunks: [Buffer.from('x')], itemCount: 1 })
    const key = outcome.result === 'accepted' ? outcome.result : outcome.error.code
    results.set(key, (results.get(key) ?? 0) + 1)
  }
  // All of this happens in a usual run; a fuzz that only meets one end proves nothing.
  for (const key of ['accepted', 'OTLP_REFUSED', 'OTLP_UNAVAILABLE', 'OTLP_OVERLOADED', 'OTLP_RESPONSE_TOO_LARGE']) {
    expect([key, (results.get(key) ?? 0) > 0]).toEqual([key, true])
  }
  expect(wire.connectionCount).toBe(1)
})
