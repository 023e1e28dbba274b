// SPDX-License-Identifier: Apache-2.0
// grpc-js as the client of our gRPC server.
import {
  type Batch,
  batchFromBytes,
  type ConsumeContext,
  consumeError,
  decodeExportResponse,
  decodeStatus,
  signals,
} from '@otel-ts/otlp'
import { createOtlpGrpcServer, type OtlpHandler, type OtlpServer } from '@otel-ts/otlp/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { oracleMessages, requestOfSize, requestWithSpan } from '../otlp/messages.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'
import { asBytes, type Client, exportPath, grpcJsOrSkip, type Metadata, type ServiceError, unary } from './grpc-js.ts'

const grpcJs = grpcJsOrSkip()
const python = pythonPeerOrSkip('otlp-oracle')
const request = requestWithSpan(Buffer.from('2a026f6b', 'hex'))

describe.skipIf(grpcJs === undefined)('grpc-js calls our server', () => {
  let server: OtlpServer
  let client: Client
  let handler: OtlpHandler
  const batches: Batch[] = []
  const contexts: ConsumeContext[] = []

  beforeAll(async () => {
    server = await createOtlpGrpcServer({
      endpoint: '127.0.0.1:0',
      includeMetadata: true,
      signals: ['traces', 'metrics', 'logs'],
      handler: (batch, context) => {
        batches.push(batch)
        contexts.push(context)
        return handler(batch, context)
      },
    })
  })
  afterAll(() => server?.shutdown(0))

  beforeEach(() => {
    batches.length = 0
    contexts.length = 0
    handler = async () => undefined
    client = clientOf()
  })
  afterEach(() => client.close())

  function clientOf(options: Readonly<Record<string, unknown>> = {}): Client {
    return new grpcJs!.Client(server.addresses[0]!, grpcJs!.credentials.createInsecure(), options)
  }

  const send = (bytes: Uint8Array = request, metadata: Metadata = new grpcJs!.Metadata()): Promise<Buffer> =>
    unary(client, exportPath.traces, bytes, metadata)

  const failure = async (call: Promise<Buffer>): Promise<ServiceError> => {
    try {
      await call
    } catch (error) {
      return error as ServiceError
    }
    throw new Error('the call succeeded')
  }

  // The library's numbers: 0 identity, 1 deflate, 2 gzip.
  describe.skipIf(python === undefined).each([
    ['none', 0],
    ['deflate', 1],
    ['gzip', 2],
  ] as const)('with compression %s', (_name, algorithm) => {
    test.each(signals)('every byte of %s arrives', async (signal) => {
      const all = oracleMessages(python!).get(signal)!
      // Those without items are answered before any pipeline.
      const sent = all.filter((message) => batchFromBytes(signal, message).itemCount > 0)
      const compressing = clientOf({ 'grpc.default_compression_algorithm': algorithm })
      for (const message of sent) {
        const answer = await unary(compressing, exportPath[signal], message, new grpcJs!.Metadata())
        expect(answer).toHaveLength(0)
      }
      compressing.close()
      expect(batches.map((batch) => batch.signal)).toEqual(sent.map(() => signal))
      expect(batches.map((batch) => Buffer.concat(batch.chunks()).toString('hex'))).toEqual(
        sent.map((message) => message.toString('hex')),
      )
    })
  })

  test('metadata arrives: text, bytes, and names given twice', async () => {
    const metadata = new grpcJs!.Metadata()
    metadata.add('tenant', 'a')
    metadata.add('tenant', 'b')
    metadata.add('token-bin', Buffer.from([0, 255, 1]))
    await send(request, metadata)
    const seen = contexts[0]!.metadata
    expect(seen.get('tenant')!.join(', ')).toBe('a, b')
    // base64, as it stands on the wire; padding or not is the sender's choice.
    expect(seen.get('token-bin')!.map((value) => Buffer.from(value, 'base64'))).toEqual([Buffer.from([0, 255, 1])])
    expect(seen.get('user-agent')![0]).toMatch(/^grpc-node-js\/1\.14\.7/)
  })

  test('partial success is in the response', async () => {
    handler = async () => ({ rejectedCount: 3n, message: 'three were späth' })
    expect(decodeExportResponse(await send(), 'protobuf')).toEqual({ rejectedCount: 3n, message: 'three were späth' })
  })

  test('what a pipeline refuses for now is UNAVAILABLE with the wait in its details', async () => {
    handler = async () => {
      throw consumeError('TEST_BUSY', 'büsy: 100%', { retryable: true, retryAfterMillis: 2500 })
    }
    const error = await failure(send())
    expect([error.code, error.details]).toEqual([14, expect.stringContaining('büsy: 100%')])
    const [details] = error.metadata.get('grpc-status-details-bin') as Buffer[]
    expect(decodeStatus(details!, 'protobuf')).toEqual({
      code: 14,
      message: error.details,
      details: [{ type: 'retryInfo', retryDelayMillis: 2500 }],
    })
  })

  test('what a pipeline refuses for good is INTERNAL, or what it says', async () => {
    handler = async () => {
      throw consumeError('TEST_BAD', 'bad', { retryable: false })
    }
    expect((await failure(send())).code).toBe(13)
    handler = async () => {
      throw consumeError('TEST_TENANT', 'bad', { retryable: false, status: 7 })
    }
    expect((await failure(send())).code).toBe(7)
  })

  test('what is no OTLP is INVALID_ARGUMENT and reaches no pipeline', async () => {
    expect((await failure(send(Buffer.from('0aff', 'hex')))).code).toBe(3)
    expect(batches).toEqual([])
  })

  test('unknown methods and services are UNIMPLEMENTED', async () => {
    for (const path of ['/opentelemetry.proto.collector.trace.v1.TraceService/Import', '/shop.Cart/Add']) {
      expect((await failure(unary(client, path, request, new grpcJs!.Metadata()))).code).toBe(12)
    }
  })

  test('4 MiB are taken; a byte more is RESOURCE_EXHAUSTED, gzipped too, and the connection stays usable', async () => {
    const limit = 4 * 2 ** 20
    const exactly = requestOfSize(limit - 20)
    expect(exactly).toHaveLength(limit)
    const more = requestOfSize(limit - 19)
    await send(exactly)
    expect((await failure(send(more))).code).toBe(8)
    await send()
    const compressing = clientOf({ 'grpc.default_compression_algorithm': 2 })
    await unary(compressing, exportPath.traces, exactly, new grpcJs!.Metadata())
    expect((await failure(unary(compressing, exportPath.traces, more, new grpcJs!.Metadata()))).code).toBe(8)
    compressing.close()
    expect(batches).toHaveLength(3)
  })

  /** Lets the pipeline wait until it is told that the sender is gone. */
  function waitingPipeline(): { entered: Promise<void>; aborted: Promise<void> } {
    let enter = (): void => undefined
    const entered = new Promise<void>((resolve) => (enter = resolve))
    const aborted = new Promise<void>((resolve) => {
      handler = async (_batch, { signal }) => {
        enter()
        await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }))
        resolve()
        return undefined
      }
    })
    return { entered, aborted }
  }

  test('after the deadline the client has its answer, and the pipeline is told', async () => {
    const { aborted } = waitingPipeline()
    const error = await failure(unary(client, exportPath.traces, request, new grpcJs!.Metadata(), 300))
    expect(error.code).toBe(4)
    await aborted
  })

  test('that its client cancels a call is told to the pipeline', async () => {
    const { entered, aborted } = waitingPipeline()
    let cancel = (): void => undefined
    const failed = new Promise<ServiceError | null>((resolve) => {
      const { traces: path } = exportPath
      const call = client.makeUnaryRequest(path, asBytes, asBytes, request, new grpcJs!.Metadata(), {}, resolve)
      cancel = () => call.cancel()
    })
    await entered
    cancel()
    expect((await failed)?.code).toBe(1)
    await aborted
  })

  test('200 calls at once are all answered', async () => {
    await Promise.all(Array.from({ length: 200 }, () => send()))
    expect(batches).toHaveLength(200)
  })

  describe('health', () => {
    // HealthCheckRequest { service = 1 }
    const check = (service: string): Promise<Buffer> =>
      unary(
        client,
        '/grpc.health.v1.Health/Check',
        Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]),
        new grpcJs!.Metadata(),
      )

    test('the server and each service are SERVING, others NOT_FOUND', async () => {
      expect(await check('')).toEqual(Buffer.of(0x08, 0x01))
      expect(await check('opentelemetry.proto.collector.logs.v1.LogsService')).toEqual(Buffer.of(0x08, 0x01))
      expect((await failure(check('shop.Cart'))).code).toBe(5)
    })

    test('a watcher is told at once, and that the server stops serving', async () => {
      const own = await createOtlpGrpcServer({ endpoint: '127.0.0.1:0', handler: async () => undefined })
      const watcher = new grpcJs!.Client(own.addresses[0]!, grpcJs!.credentials.createInsecure())
      const told: string[] = []
      const stream = watcher.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asBytes, asBytes, Buffer.alloc(0))
      const ended = new Promise<void>((resolve) => {
        stream.on('error', () => resolve())
      })
      const first = new Promise<void>((resolve) => {
        stream.on('data', (bytes) => {
          told.push(bytes.toString('hex'))
          resolve()
        })
      })
      await first
      await own.shutdown(1000)
      await ended
      watcher.close()
      expect(told).toEqual(['0801', '0802'])
    })
  })

  test('calls under way at shutdown are answered, later ones find no server', async () => {
    let answer = (): void => undefined
    let enter = (): void => undefined
    const entered = new Promise<void>((resolve) => (enter = resolve))
    const own = await createOtlpGrpcServer({
      endpoint: '127.0.0.1:0',
      handler: () =>
        new Promise((resolve) => {
          answer = () => resolve(undefined)
          enter()
        }),
    })
    const other = new grpcJs!.Client(own.addresses[0]!, grpcJs!.credentials.createInsecure())
    const running = unary(other, exportPath.traces, request, new grpcJs!.Metadata())
    await entered
    const down = own.shutdown(5000)
    answer()
    expect(await running).toHaveLength(0)
    await down
    expect((await failure(unary(other, exportPath.traces, request, new grpcJs!.Metadata()))).code).toBe(14)
    other.close()
  })
})
